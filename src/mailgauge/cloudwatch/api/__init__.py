"""The CloudWatch operations: AWS parameter dictionaries in and out. No rule of metrics or alarms lives here."""

from mailgauge.cloudwatch.api.data import data_operations

__all__ = ["data_operations"]
