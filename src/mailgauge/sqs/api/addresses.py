"""Addresses of queues: URLs made for the host that was asked, and read whatever their host."""

import re
from urllib.parse import urlsplit

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Caller, Params
from mailgauge.sqs.access import Asked
from mailgauge.sqs.errors import QueueNotFoundError
from mailgauge.sqs.queue import Queue

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_PLACE = re.compile(r"(?:.*/)?(\d{12})/([A-Za-z0-9_.-]+)/?")


def url_of(caller: Caller, queue: Queue) -> str:
    """``http://127.0.0.1:4566/000000000000/orders``, where callers post to, too."""
    return f"{caller.endpoint}/{queue.scope.account}/{queue.name}"


def asked(caller: Caller, params: Params, operation: str) -> Asked:
    """The queue of ``QueueUrl``, or of that name. Raises InvalidAddress for what is no address.

    A web address that is none of a queue is that of a queue that is not there, as recorded.
    """
    url = params["QueueUrl"]
    if _NAME.fullmatch(url):
        return named(caller, caller.scope.account, url, operation)
    try:
        split = urlsplit(url)
    except ValueError:
        split = urlsplit("")
    found = _PLACE.fullmatch(split.path)
    if found is None:
        if split.netloc:
            raise QueueNotFoundError
        raise AwsError("InvalidAddress", f"The address {url} is not valid for this endpoint.")
    return named(caller, found[1], found[2], operation, url)


def named(caller: Caller, account: str, name: str, operation: str, url: str = "") -> Asked:
    keys = (
        ("aws:sourceip", (caller.source_ip,)),
        ("aws:securetransport", (str(caller.is_secure).lower(),)),
        ("aws:principalaccount", (caller.scope.account,)),
        ("aws:principalarn", (caller.arn,)),
    )
    return Asked(
        caller.scope, caller.arn, account, name, operation, url or f"{caller.endpoint}/{account}/{name}", keys
    )
