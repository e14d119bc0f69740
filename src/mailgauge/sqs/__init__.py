"""Queues that speak the SQS API: messages kept until they are deleted, handed out one consumer at a time."""
