"""The metrics service: what callers put, read, list and graph of time series, and the alarms on them. It sends no mail."""
