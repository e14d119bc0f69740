"""The CloudWatch operations: AWS parameter dictionaries in and out. No rule of metrics or alarms lives here."""
