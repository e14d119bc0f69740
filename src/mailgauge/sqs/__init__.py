"""Queues that speak the part of the Amazon SQS API with which programs read their notifications."""
