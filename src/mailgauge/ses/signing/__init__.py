"""Signing of mail: which signatures a message gets, made in a thread where there are few and in a helper process where there are many."""
