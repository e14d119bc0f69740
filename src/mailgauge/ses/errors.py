"""What SES refuses, as types. Only the ``api`` modules know which error code of which protocol each of them is.

SesError
├── InvalidParameterError
│   ├── InvalidTemplateError
│   ├── InvalidRenderingDataError
│   ├── MissingAttributeError
│   └── NotSupportedError
├── NotFoundError
│   ├── ConfigurationSetNotFoundError
│   ├── EventDestinationNotFoundError
│   ├── IdentityNotFoundError
│   ├── ResourceNotFoundError
│   └── TemplateNotFoundError
├── AlreadyExistsError
│   ├── ConfigurationSetExistsError
│   ├── EventDestinationExistsError
│   ├── IdentityExistsError
│   └── TemplateExistsError
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


class TemplateNotFoundError(NotFoundError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Template {name} does not exist")
        self.name = name


class TemplateExistsError(AlreadyExistsError):
    def __init__(self, name: str, account: str) -> None:
        super().__init__(f"Template {name} already exists for account id {account}")
        self.name = name


class InvalidTemplateError(InvalidParameterError):
    """A template that could not be rendered with any data."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"Template {name} is not valid: {reason}")
        self.name = name


class InvalidRenderingDataError(InvalidParameterError):
    """Data that is no JSON object, or that a template can't be rendered with."""


class MissingAttributeError(InvalidParameterError):
    """A variable of a template that its data does not have."""

    def __init__(self, attribute: str) -> None:
        super().__init__(f"Attribute '{attribute}' is not present in the rendering data.")
