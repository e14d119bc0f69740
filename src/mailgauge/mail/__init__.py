"""Message formats, pure: addresses, header fields, MIME, DSN, ARF, replies and status codes. Bytes in, bytes out, no I/O."""
