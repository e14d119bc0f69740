"""Events: what happened to messages, as a journal, and the SES JSON documents made from it. It decides nothing about mail."""
