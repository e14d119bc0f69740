"""The web console: its page, and the few routes behind it. It does only what the AWS APIs do, through an in-process client."""
