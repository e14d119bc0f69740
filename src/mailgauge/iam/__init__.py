"""Accounts, access keys and policies: who calls, and what they may do. Secrets are kept under the master key."""
