"""Looking up DNS records: what a name has, what it has not, and what could not be found out."""
