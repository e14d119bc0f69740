"""What SES refuses about identities, their policies, verification templates and tracking domains, as types.

SesError
├── InvalidParameterError
│   ├── InvalidPolicyError
│   ├── InvalidContentError           of a verification template
│   ├── FromNotVerifiedError          of a verification template
│   ├── NoProductionAccessError       verification templates are not for the sandbox
│   └── InvalidTrackingOptionsError
├── NotFoundError
│   ├── PolicyNotFoundError
│   ├── VerificationTemplateNotFoundError
│   └── TrackingOptionsNotFoundError
└── AlreadyExistsError
    ├── PolicyExistsError
    ├── VerificationTemplateExistsError
    └── TrackingOptionsExistError
"""

from mailgauge.ses.errors import AlreadyExistsError, InvalidParameterError, NotFoundError


class InvalidPolicyError(InvalidParameterError):
    """What was given is not a policy; the text says why."""


class PolicyExistsError(AlreadyExistsError):
    def __init__(self, identity: str, name: str) -> None:
        super().__init__(f"Policy <{name}> already exists for identity <{identity}>.")


class PolicyNotFoundError(NotFoundError):
    def __init__(self, identity: str, name: str) -> None:
        super().__init__(f"Policy <{name}> does not exist for identity <{identity}>.")


class InvalidContentError(InvalidParameterError):
    """The content of a verification template holds what such a mail must not have."""


class FromNotVerifiedError(InvalidParameterError):
    def __init__(self, address: str) -> None:
        super().__init__(f"The from email address <{address}> is not verified.")
        self.address = address


class NoProductionAccessError(InvalidParameterError):
    def __init__(self) -> None:
        super().__init__("Production access is required to send custom verification emails.")


class VerificationTemplateExistsError(AlreadyExistsError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Custom verification email template <{name}> already exists.")
        self.name = name


class VerificationTemplateNotFoundError(NotFoundError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Custom verification email template <{name}> does not exist.")
        self.name = name


class InvalidTrackingOptionsError(InvalidParameterError):
    """The domain of tracking options is not one that the account has verified."""


class TrackingOptionsExistError(AlreadyExistsError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Tracking options already exist for configuration set <{name}>.")
        self.name = name


class TrackingOptionsNotFoundError(NotFoundError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There are no tracking options for configuration set <{name}>")
        self.name = name
