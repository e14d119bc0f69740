"""SMTP on sockets: a client that keeps connections, and a server seam. It decides nothing about mail."""
