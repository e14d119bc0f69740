"""Topics and subscriptions that speak the Amazon SNS API: what is published to a topic reaches whoever subscribed."""
