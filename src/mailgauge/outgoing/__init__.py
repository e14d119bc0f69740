"""HTTP requests to servers that others have named: guarded in where they go, how large they get and how long they take."""
