"""The built-in mailbox: keeps the mail that a capturing route would have sent, for people and tests to read."""
