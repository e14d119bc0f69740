"""Outbound mail: the durable queue, the retry schedule, routes, and the worker that attempts delivery and records outcomes."""
