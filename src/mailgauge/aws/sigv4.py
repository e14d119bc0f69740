"""Signature Version 4, verified: header form and presigned query form, with AWS's codes and texts (sigv4#canonical-request).

Pure: it reads no clock and looks up no key. It raises the codes of the query protocol; the serializers know what the
others call them (InvalidSignatureException, UnrecognizedClientException).
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_plus

from mailgauge.aws.canonical import canonical_requests
from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SKEW_SECONDS = 15 * 60
LONGEST_EXPIRY = 7 * 24 * 3600

_TERMINATOR = "aws4_request"
_BASIC_TIME = re.compile(r"\d{8}T\d{6}Z")
_HEX_SHA256 = re.compile(r"[0-9a-f]{64}")
_CLAIMED = re.compile(r"Credential=\s*([^,\s/]+)/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_WRONG_REGION = "Credential should be scoped to a valid region."
_INVALID_TOKEN = "The security token included in the request is invalid."


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request claims: a key, its scope, and a signature over the named headers. Nothing of it is verified yet.

    ``timestamp`` is in ISO 8601 basic form, as it was signed. ``expires`` is None in the header form, and the seconds
    of validity in the presigned form. ``token`` is the session token of temporary credentials.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: str
    signature: str
    timestamp: str
    expires: int | None
    token: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """The credential scope that a request names, signed or not: what the open mode goes by."""

    access_key_id: str
    region: str
    service: str


class SigningKeys:
    """The derived signing keys of the day, since deriving one takes four HMACs. Bounded; owned by whoever verifies."""

    def __init__(self, size: int = 1024) -> None:
        self._size = size
        self._keys: dict[tuple[str, str, str, str], bytes] = {}

    def get(self, secret: str, date: str, region: str, service: str) -> bytes:
        scope = (secret, date, region, service)
        key = self._keys.get(scope)
        if key is None:
            if len(self._keys) >= self._size:
                self._keys.clear()
            key = self._keys[scope] = derive_key(*scope)
        return key


def derive_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The signing key for one day, Region and service (sigv4#signing-key)."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, _TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def invalid_token() -> AwsError:
    """The answer to a key id that is unknown or disabled, and to temporary credentials; it never says which."""
    return AwsError("InvalidClientTokenId", _INVALID_TOKEN, status=403)


def wrong_service(expected: str) -> AwsError:
    return _mismatch(f"Credential should be scoped to correct service: '{expected}'.")


def wrong_region() -> AwsError:
    return _mismatch(_WRONG_REGION)


def claim(request: HttpRequest) -> Claim | None:
    """The scope named in the request, without judging the rest; None where there is none."""
    text = request.headers.get("authorization", "")
    if "X-Amz-Credential=" in request.query:
        text = unquote_plus(request.query.replace("X-Amz-Credential", "Credential").replace("&", " "))
    found = _CLAIMED.search(text)
    return Claim(*found.groups()) if found else None


def credential(request: HttpRequest) -> Credential | None:
    """What the request claims; None when it isn't signed at all. Raises IncompleteSignature for half a signature."""
    header = request.headers.get("authorization")
    if header is not None:
        return _from_header(header, request)
    if "X-Amz-Algorithm=" in request.query:
        return _from_query(request)
    return None


def verify(
    request: HttpRequest, credential: Credential, secret: str, real_now: float, keys: SigningKeys
) -> None:
    """Raises unless ``secret`` made this signature over this request within the allowed time (``real_now`` in seconds)."""
    _check_scope(credential)
    _check_time(credential, real_now)
    _check_headers(request, credential)
    key = keys.get(secret, credential.date, credential.region, credential.service)
    scope = f"{credential.date}/{credential.region}/{credential.service}/{_TERMINATOR}"
    for canonical in canonical_requests(request, credential.signed_headers):
        hashed = hashlib.sha256(canonical).hexdigest()
        to_sign = f"{ALGORITHM}\n{credential.timestamp}\n{scope}\n{hashed}"
        # Not hmac.digest, which gives the interpreter's lock away: to have it again takes longer than the digest.
        expected = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
        if hmac.compare_digest(expected.encode(), credential.signature.encode("utf-8", "surrogateescape")):
            break
    else:
        raise _mismatch(_MISMATCH)
    _check_payload(request)


def _from_header(header: str, request: HttpRequest) -> Credential:
    algorithm, _, rest = header.strip().partition(" ")
    fields: dict[str, str] = {}
    if algorithm == ALGORITHM:
        for pair in rest.split(","):
            name, equals, value = pair.strip().partition("=")
            if not equals or " " in value or "\t" in value:
                raise _incomplete(
                    f"Invalid key=value pair (missing equal-sign) in Authorization header {_hashed(header)}."
                )
            fields[name] = value
    elif algorithm.startswith("AWS4-"):
        raise _incomplete(f"Unsupported signature algorithm '{algorithm}': only {ALGORITHM} is supported.")
    timestamp = _timestamp(request)
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not fields.get(name)
    ]
    if timestamp is None:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing or timestamp is None:
        raise _incomplete(f"{' '.join(missing)} Authorization {_hashed(header)}")
    return _credential(
        fields["Credential"],
        signed_headers=fields["SignedHeaders"],
        signature=fields["Signature"],
        timestamp=timestamp,
        expires=None,
        token=request.headers.get("x-amz-security-token"),
    )


def _from_query(request: HttpRequest) -> Credential:
    fields = {k: unquote_plus(v) for k, _, v in (pair.partition("=") for pair in request.query.split("&"))}
    if fields.get("X-Amz-Algorithm") != ALGORITHM:
        raise _incomplete(f"Unsupported signature algorithm: only {ALGORITHM} is supported.")
    missing = [
        f"AWS query-string parameters must include '{name}'."
        for name in ("X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
        if not fields.get(name)
    ]
    if missing:
        raise _incomplete(f"{' '.join(missing)} Re-examine the query-string parameters.")
    expires = fields.get("X-Amz-Expires") or str(SKEW_SECONDS)
    if not (
        expires.isascii() and expires.isdigit() and len(expires) < 10 and 0 < int(expires) <= LONGEST_EXPIRY
    ):
        raise _incomplete(f"X-Amz-Expires must be a number of seconds from 1 to {LONGEST_EXPIRY}.")
    return _credential(
        fields["X-Amz-Credential"],
        signed_headers=fields["X-Amz-SignedHeaders"],
        signature=fields["X-Amz-Signature"],
        timestamp=fields["X-Amz-Date"],
        expires=int(expires),
        token=fields.get("X-Amz-Security-Token"),
    )


def _credential(
    scope: str, *, signed_headers: str, signature: str, timestamp: str, expires: int | None, token: str | None
) -> Credential:
    parts = scope.rsplit("/", 4)
    if len(parts) != 5 or not all(parts):
        raise _incomplete(
            f"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{scope}'"
        )
    if not _BASIC_TIME.fullmatch(timestamp):
        raise _incomplete(
            f"Date must be in ISO-8601 'basic format'. Got '{timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601"
        )
    key_id, date, region, service, terminator = parts
    return Credential(
        key_id, date, region, service, terminator, signed_headers, signature, timestamp, expires, token
    )


def _timestamp(request: HttpRequest) -> str | None:
    """When the request was signed: X-Amz-Date, or else the Date header in either of its forms."""
    if (stamp := request.headers.get("x-amz-date")) is not None:
        return stamp
    date = request.headers.get("date")
    if date is None or _BASIC_TIME.fullmatch(date):
        return date
    try:
        return parsedate_to_datetime(date).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    except ValueError:
        return date


def _check_scope(credential: Credential) -> None:
    wrong = []
    if not REGION.fullmatch(credential.region):
        wrong.append(_WRONG_REGION)
    if credential.terminator != _TERMINATOR:
        wrong.append(f"Credential should be scoped with a valid terminator: '{_TERMINATOR}'.")
    if not credential.timestamp.startswith(credential.date) or len(credential.date) != 8:
        wrong.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{credential.date}' != '{credential.timestamp[:8]}', from '{credential.timestamp}'."
        )
    if wrong:
        raise _mismatch(" ".join(wrong))


def _check_time(credential: Credential, now: float) -> None:
    stamp = credential.timestamp
    try:
        signed = datetime.fromisoformat(stamp).timestamp()
    except ValueError:
        raise _incomplete(f"Date must be in ISO-8601 'basic format'. Got '{stamp}'.") from None
    if signed > now + SKEW_SECONDS:
        latest = _basic(now + SKEW_SECONDS)
        raise _mismatch(
            f"Signature not yet current: {stamp} is still later than {latest} ({_basic(now)} + 15 min.)"
        )
    if credential.expires is None and signed < now - SKEW_SECONDS:
        earliest = _basic(now - SKEW_SECONDS)
        raise _mismatch(
            f"Signature expired: {stamp} is now earlier than {earliest} ({_basic(now)} - 15 min.)"
        )
    if credential.expires is not None and signed + credential.expires < now:
        raise AwsError(
            "RequestExpired",
            f"Request has expired: it was valid until {_basic(signed + credential.expires)}.",
            status=403,
        )


def _check_headers(request: HttpRequest, credential: Credential) -> None:
    names = credential.signed_headers.split(";")
    if "host" not in names:
        raise _mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    # It chooses the operation, so a signature that leaves it out would be good for any.
    if "x-amz-target" in request.headers and "x-amz-target" not in names:
        raise _mismatch("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.")


def _check_payload(request: HttpRequest) -> None:
    """The canonical request takes the client's word for the payload's hash; here it is held to it."""
    stated = request.headers.get("x-amz-content-sha256")
    if stated is None or stated == UNSIGNED_PAYLOAD:
        return
    if not _HEX_SHA256.fullmatch(stated) or stated != hashlib.sha256(request.body).hexdigest():
        raise _mismatch(
            "The value of the x-amz-content-sha256 header does not match the payload of the request."
        )


def _basic(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y%m%dT%H%M%SZ")


def _hashed(header: str) -> str:
    """AWS names a bad header by its hash, which keeps what may be a secret out of answers and logs."""
    digest = base64.b64encode(hashlib.sha256(header.encode("utf-8", "surrogateescape")).digest()).decode()
    return f"(hashed with SHA-256 and encoded with Base64): '{digest}'"


def _incomplete(text: str) -> AwsError:
    return AwsError("IncompleteSignature", text)


def _mismatch(text: str) -> AwsError:
    return AwsError("SignatureDoesNotMatch", text, status=403)
