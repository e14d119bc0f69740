"""The mailbox simulator: a real SMTP server whose mailboxes bounce, complain, answer or defer by their name."""
