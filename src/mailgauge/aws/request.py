"""Who calls, as a value: what authentication found out about a request, handed to every operation."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mailgauge.base.scope import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """The authenticated request. ``now`` is the service's time at which it arrived, in seconds.

    ``is_secure`` is also a request that came to a trusted proxy by TLS, of which no version is known. ``host`` is the one
    that was asked, with its port. ``gone`` returns when the caller has gone away: what waits for them need not wait on.
    """

    scope: Scope
    user: str
    access_key_id: str
    source_ip: str
    tls_version: str | None
    request_id: str
    now: float
    is_secure: bool = False
    host: str = ""
    gone: Callable[[], Awaitable[None]] | None = None

    @property
    def endpoint(self) -> str:
        """The address under which the service was reached: ``https://mail.example``; empty where none was asked."""
        scheme = "https" if self.is_secure else "http"
        return f"{scheme}://{self.host}" if self.host else ""

    @property
    def is_anonymous(self) -> bool:
        """Nobody signed the request: it came by a link."""
        return not self.scope.account

    @property
    def arn(self) -> str:
        """``arn:aws:iam::ACCOUNT:user/NAME``, or ``:root`` for the root user."""
        who = "root" if self.user == "root" else f"user/{self.user}"
        return f"arn:{self.scope.partition}:iam::{self.scope.account}:{who}"


Params = dict[str, Any]
Result = dict[str, Any]
Handler = Callable[[Caller, Params], Awaitable[Result]]
"""An operation: parameters as botocore's model names and types them (timestamps as aware datetimes, blobs as bytes)."""
