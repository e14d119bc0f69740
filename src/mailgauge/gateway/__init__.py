"""The AWS endpoint: from an HTTP request to an operation and back. It knows every service by its table of handlers only."""
