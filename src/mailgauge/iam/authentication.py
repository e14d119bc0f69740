"""Who calls: ``Verified`` holds every request to a signature, ``Open`` (for ``local``) takes it at its word.

Errors carry the codes of the query protocol; the serializers rename them for the others.
"""

import re
from typing import NamedTuple, Protocol

from mailgauge.aws import sigv4
from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest
from mailgauge.aws.request import Caller
from mailgauge.base.clock import Clock
from mailgauge.base.scope import Scope
from mailgauge.iam import keys
from mailgauge.iam.active import ActiveKeys
from mailgauge.iam.policies import Policy

OPEN_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"

_ACCOUNT = re.compile(r"[0-9]{12}")


class Identity(NamedTuple):
    """The authenticated caller, and what the key they used may do."""

    caller: Caller
    policy: Policy


class Authenticator(Protocol):
    async def authenticate(self, request: HttpRequest, signing_name: str, request_id: str) -> Identity:
        """Who calls the service that signs as ``signing_name`` (``ses``, ``monitoring``). Raises AwsError."""

    def anonymous(self, request: HttpRequest, request_id: str) -> Identity:
        """Whoever sent a request without a signature, for the few operations that links in messages lead to."""


class Verified:
    """Every request carries a valid signature of a key that is in use."""

    def __init__(self, active: ActiveKeys, clock: Clock) -> None:
        self._active = active
        self._clock = clock
        self._signing_keys = sigv4.SigningKeys()

    async def authenticate(self, request: HttpRequest, signing_name: str, request_id: str) -> Identity:
        credential = sigv4.credential(request)
        if credential is None:
            raise AwsError(
                "MissingAuthenticationToken", "Request is missing Authentication Token", status=403
            )
        key = await self._active.get(credential.access_key_id)
        # Keys are long-term ones, so a session token can only be somebody else's.
        if key is None or credential.token is not None:
            raise sigv4.invalid_token()
        if credential.service != signing_name:
            raise sigv4.wrong_service(signing_name)
        sigv4.verify(request, credential, key.secret, self._clock.real(), self._signing_keys)
        caller = Caller(
            scope=Scope(key.account, credential.region),
            user=key.user_name,
            access_key_id=key.access_key_id,
            source_ip=request.client_ip,
            tls_version=request.tls_version,
            request_id=request_id,
            now=self._clock.now(),
            is_secure=request.is_secure,
            host=request.headers.get("host", ""),
            gone=request.gone,
        )
        return Identity(caller, key.policy)

    def anonymous(self, request: HttpRequest, request_id: str) -> Identity:
        return _anonymous(request, request_id, self._clock)


def _anonymous(request: HttpRequest, request_id: str, clock: Clock) -> Identity:
    caller = Caller(
        scope=Scope("", ""),
        user="anonymous",
        access_key_id="",
        source_ip=request.client_ip,
        tls_version=request.tls_version,
        request_id=request_id,
        now=clock.now(),
        is_secure=request.is_secure,
    )
    return Identity(caller, Policy.FULL)


def open_account(access_key_id: str) -> str:
    """An access key id of twelve digits is the account, any other means ``000000000000``, as other local AWS tools do."""
    return access_key_id if _ACCOUNT.fullmatch(access_key_id) else OPEN_ACCOUNT


class Open:
    """Anybody is let in, as the account that their access key id spells; guards keep strangers out before it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def authenticate(self, request: HttpRequest, signing_name: str, request_id: str) -> Identity:
        claim = sigv4.claim(request)
        access_key_id = claim.access_key_id if claim else ""
        region = claim.region if claim else DEFAULT_REGION
        if not sigv4.REGION.fullmatch(region):
            raise sigv4.wrong_region()
        caller = Caller(
            scope=Scope(open_account(access_key_id), region),
            user=keys.ROOT,
            access_key_id=access_key_id,
            source_ip=request.client_ip,
            tls_version=request.tls_version,
            request_id=request_id,
            now=self._clock.now(),
            is_secure=request.is_secure,
            host=request.headers.get("host", ""),
            gone=request.gone,
        )
        return Identity(caller, Policy.FULL)

    def anonymous(self, request: HttpRequest, request_id: str) -> Identity:
        return _anonymous(request, request_id, self._clock)
