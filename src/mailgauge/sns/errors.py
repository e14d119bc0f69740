"""What topics refuse, as types. Only the ``api`` modules know which error code of SNS each of them is.

SnsError
├── InvalidParameterError
├── InvalidAttributeError
├── NotFoundError
│   └── UnknownTopicError
├── UnknownResourceError
├── NotAuthorizedError
├── TopicLimitError
└── TagLimitError
"""


class SnsError(Exception):
    """Something a caller asked for and does not get; the text is for the caller."""


class InvalidParameterError(SnsError):
    """A value that SNS does not take. Its text begins ``Invalid parameter: `` in most cases, recorded from SNS."""


class InvalidAttributeError(SnsError):
    """A message attribute that SNS does not take."""


class NotFoundError(SnsError):
    pass


class UnknownTopicError(NotFoundError):
    def __init__(self) -> None:
        super().__init__("Topic does not exist")


class UnknownResourceError(SnsError):
    """What tags are asked of does not exist."""

    def __init__(self) -> None:
        super().__init__("Resource does not exist")


class NotAuthorizedError(SnsError):
    """Another account's topic, whose policy does not let the caller in; or the request needs a signature."""


class TopicLimitError(SnsError):
    pass


class TagLimitError(SnsError):
    def __init__(self) -> None:
        super().__init__("Could not complete request: tag quota of per resource exceeded")


def invalid(text: str) -> InvalidParameterError:
    """``Invalid parameter: TEXT``, which is how most of them read."""
    return InvalidParameterError(f"Invalid parameter: {text}")
