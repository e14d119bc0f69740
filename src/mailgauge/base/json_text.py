"""JSON in characters that queues take, whatever it says: SQS refuses two of Unicode's that JSON lets stand (sqs/SendMessage)."""

_REFUSED = {"\ufffe": "\\ufffe", "\uffff": "\\uffff"}


def json_text(written: bytes) -> str:
    """The same document. A message with such a character in its subject would otherwise have no events."""
    text = written.decode()
    for character, escape in _REFUSED.items():
        text = text.replace(character, escape)
    return text
