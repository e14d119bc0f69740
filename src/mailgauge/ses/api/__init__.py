"""The SES APIs: AWS parameter dictionaries in and out. No rule of mail lives here; v1 and v2 work on one state."""
