"""What queues refuse, as types; the texts are for callers, and as SQS words them where its answers are known.

Only ``sqs.api.errors`` knows which error code each of them has.
"""


class SqsError(Exception):
    """Something a caller asked for and does not get."""


class InvalidValueError(SqsError):
    """A parameter's value that is not taken."""


class MissingError(SqsError):
    def __init__(self, parameter: str) -> None:
        super().__init__(f"The request must contain the parameter {parameter}.")


class UnknownAttributeError(SqsError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown Attribute {name}.")


class EncryptionError(SqsError):
    """Two kinds of encryption at once, which SQS reports as a wrong name of an attribute."""

    def __init__(self) -> None:
        super().__init__(
            "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
        )


class InvalidAttributeError(SqsError):
    def __init__(self, name: str, reason: str = "") -> None:
        because = f" Reason: {reason}" if reason else ""
        super().__init__(f"Invalid value for the parameter {name}.{because}")


class QueueNotFoundError(SqsError):
    def __init__(self) -> None:
        super().__init__("The specified queue does not exist.")


class QueueExistsError(SqsError):
    def __init__(self, attribute: str) -> None:
        super().__init__(
            f"A queue already exists with the same name and a different value for attribute {attribute}"
        )


class NotAuthorizedError(SqsError):
    """Another account's queue that does not let the caller in, or is not there: strangers can't tell which."""

    def __init__(self, url: str) -> None:
        super().__init__(f"Access to the resource {url} is denied.")


class InvalidReceiptError(SqsError):
    def __init__(self, handle: str) -> None:
        super().__init__(f'The input receipt handle "{handle}" is not a valid receipt handle.')


class InvalidContentsError(SqsError):
    def __init__(self) -> None:
        super().__init__(
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD"
            " | #x10000 to #x10FFFF."
        )


class OverLimitError(SqsError):
    """More of something than a queue may have."""
