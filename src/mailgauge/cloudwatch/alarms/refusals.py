"""Why an alarm can't be put or deleted as it is, given the others that are there."""


class RefusedError(Exception):
    """The message is the one to show."""


class TooManyParentsError(RefusedError):
    """An alarm would be in the rules of more composite alarms than it may be."""
