"""What SES refuses, as types. Only the ``api`` modules know which error code of which protocol each of them is.

SesError
├── InvalidParameterError
│   └── NotSupportedError
├── NotFoundError
│   ├── ConfigurationSetNotFoundError
│   ├── EventDestinationNotFoundError
│   ├── IdentityNotFoundError
│   └── ResourceNotFoundError
├── AlreadyExistsError
│   ├── ConfigurationSetExistsError
│   ├── EventDestinationExistsError
│   └── IdentityExistsError
└── LimitExceededError
"""


class SesError(Exception):
    """Something a caller asked for and does not get; the text is for the caller."""


class InvalidParameterError(SesError):
    """A value SES does not take."""


class NotSupportedError(InvalidParameterError):
    """A member that SES knows and this release does not act on: refused rather than ignored."""

    def __init__(self, member: str) -> None:
        super().__init__(f"{member} is not supported by this release.")


class NotFoundError(SesError):
    pass


class AlreadyExistsError(SesError):
    pass


class LimitExceededError(SesError):
    pass


class ConfigurationSetNotFoundError(NotFoundError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Configuration set <{name}> does not exist.")
        self.name = name


class ConfigurationSetExistsError(AlreadyExistsError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Configuration set <{name}> already exists.")
        self.name = name


class EventDestinationNotFoundError(NotFoundError):
    def __init__(self, configuration_set: str, name: str) -> None:
        # Recorded from SES: the text has the name of the set, not that of the destination.
        super().__init__(f"No EventDestination found for {configuration_set}")
        self.configuration_set = configuration_set
        self.name = name


class EventDestinationExistsError(AlreadyExistsError):
    def __init__(self, configuration_set: str, name: str) -> None:
        super().__init__(
            f"An event destination with name <{name}> already exists for configuration set <{configuration_set}>."
        )
        self.configuration_set = configuration_set
        self.name = name


class IdentityNotFoundError(NotFoundError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Email identity {name} does not exist.")


class IdentityExistsError(AlreadyExistsError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Email identity {name} already exist.")


class ResourceNotFoundError(NotFoundError):
    def __init__(self, arn: str) -> None:
        super().__init__(f"Resource {arn} was not found.")
