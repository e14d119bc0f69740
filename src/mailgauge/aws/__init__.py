"""The AWS wire protocols: HTTP request in, parameters out; result in, HTTP response out; signatures. It knows no service."""
