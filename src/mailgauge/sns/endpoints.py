"""Which protocols there are, and what their endpoints may be (``sns/Subscribe``). Pure."""

from typing import Final
from urllib.parse import urlsplit

from mailgauge.mail.address import AddressError, bare
from mailgauge.sns.errors import invalid
from mailgauge.sns.subscription_attributes import is_queue

PROTOCOLS: Final = ("http", "https", "email", "email-json", "sqs")
_ELSEWHERE: Final = ("sms", "lambda", "application", "firehose")
_LONGEST: Final = 2048


def check(protocol: str, endpoint: str | None, *, is_fifo: bool) -> str:
    """The endpoint, in one spelling. Raises InvalidParameterError."""
    if protocol in _ELSEWHERE:
        raise invalid(
            f"Protocol Reason: {protocol} is not supported by this service. Use one of {', '.join(PROTOCOLS)}"
        )
    if protocol not in PROTOCOLS:
        raise invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    if not endpoint:
        raise invalid("Endpoint")
    if len(endpoint) > _LONGEST:
        raise invalid("Endpoint Reason: must be at most 2048 characters long")
    if is_fifo and protocol != "sqs":
        raise invalid(f"Invalid protocol type: {protocol}")
    if protocol == "sqs":
        return _queue(endpoint, is_fifo=is_fifo)
    return _web(protocol, endpoint) if protocol.startswith("http") else _mail(endpoint)


def _queue(endpoint: str, *, is_fifo: bool) -> str:
    if not is_queue(endpoint):
        raise invalid("SQS endpoint ARN")
    if endpoint.endswith(".fifo") and not is_fifo:
        raise invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        )
    return endpoint


def _web(protocol: str, endpoint: str) -> str:
    if not endpoint.lower().startswith(f"{protocol}://"):
        raise invalid("Endpoint must match the specified protocol")
    try:
        parts = urlsplit(endpoint)
        is_good = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_good = False
    if not is_good or not endpoint.isprintable() or " " in endpoint:
        raise invalid("Endpoint Reason: not a URL")
    return endpoint


def _mail(endpoint: str) -> str:
    try:
        return bare(endpoint)
    except AddressError:
        raise invalid("Email address") from None
