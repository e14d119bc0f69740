"""The error that handlers raise; the serializers turn it into each protocol's form. Nothing else becomes an AWS error."""

from collections.abc import Mapping
from typing import Any


class AwsError(Exception):
    """An error that the caller sees.

    ``code`` is the name of a modelled error shape (``ConfigurationSetDoesNotExistException``) or its query code
    (``ConfigurationSetDoesNotExist``), either finds the shape; or an unmodelled code (``ValidationError``).
    ``status`` counts only for unmodelled codes. ``members`` are further members of the shape. ``message`` None is
    an error without a message, as AWS sends for some.
    """

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        status: int = 400,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = dict(members or {})
