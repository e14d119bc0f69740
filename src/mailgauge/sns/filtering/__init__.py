"""Filter policies of subscriptions (SNS developer guide, "Amazon SNS message filtering"): checked, and asked of messages. Pure."""
