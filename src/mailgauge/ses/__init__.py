"""SES itself: identities, configuration sets, the account, tags and sending; thin ``api`` modules for v1 and v2 over it."""
