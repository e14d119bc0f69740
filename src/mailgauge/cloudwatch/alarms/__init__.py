"""Metric alarms: their configuration, when and how they are evaluated, and the history of what became of them."""
