"""Paths of a REST service's operations: literal segments win over labels, labels are percent-decoded once.

Clients of every SDK release are served: where releases disagree about an operation's URI, all of them lead to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

from mailgauge.aws.models import ServiceModel

# Found by comparing the models of botocore 1.20 to 1.44: (service, operation, method, URI). What the loaded model
# itself says comes first, so a release listed here that equals it changes nothing.
_OTHER_RELEASES = (
    ("sesv2", "ListEmailIdentities", "GET", "/v2/email/identities"),  # to botocore 1.43.11 and some later
    ("sesv2", "ListEmailIdentities", "POST", "/v2/email/list-identities"),  # by botocore 1.43.127
    ("sesv2", "ListConfigurationSets", "GET", "/v2/email/configuration-sets"),
    ("sesv2", "ListConfigurationSets", "POST", "/v2/email/list-configuration-sets"),
    ("sesv2", "ListContacts", "GET", "/v2/email/contact-lists/{ContactListName}/contacts"),  # to 1.29
    ("sesv2", "ListContacts", "POST", "/v2/email/contact-lists/{ContactListName}/contacts/list"),
    ("sesv2", "ListImportJobs", "GET", "/v2/email/import-jobs"),  # to 1.29
    ("sesv2", "ListImportJobs", "POST", "/v2/email/import-jobs/list"),
    # to 1.40, with /v1 where every other operation has /v2
    (
        "sesv2",
        "PutEmailIdentityDkimSigningAttributes",
        "PUT",
        "/v1/email/identities/{EmailIdentity}/dkim/signing",
    ),
    (
        "sesv2",
        "PutEmailIdentityDkimSigningAttributes",
        "PUT",
        "/v2/email/identities/{EmailIdentity}/dkim/signing",
    ),
)


class PathMatch(NamedTuple):
    operation: str
    labels: dict[str, str]
    relocated: bool


class _End(NamedTuple):
    operation: str
    labels: tuple[str, ...]
    relocated: bool


@dataclass(slots=True)
class _Node:
    literals: dict[str, "_Node"] = field(default_factory=dict)
    label: "_Node | None" = None
    ends: dict[str, _End] = field(default_factory=dict)
    greedy: dict[str, _End] = field(default_factory=dict)


class PathTable:
    """The operations of one REST service by method and path."""

    def __init__(self, service: ServiceModel) -> None:
        self._root = _Node()
        for method, uri, operation, relocated in _uris(service):
            self._add(method, uri, operation, relocated=relocated)

    def match(self, method: str, path: str) -> PathMatch | None:
        """The operation of a raw (still percent-encoded) path. A slash at the end makes no difference."""
        found = _walk(self._root, path.strip("/").split("/"), 0, method, [])
        if found is None:
            return None
        end, values = found
        labels = {name: unquote(value) for name, value in zip(end.labels, values, strict=True)}
        return PathMatch(end.operation, labels, end.relocated)

    def _add(self, method: str, uri: str, operation: str, *, relocated: bool) -> None:
        node, labels = self._root, []
        for segment in uri.partition("?")[0].strip("/").split("/"):
            if not segment.startswith("{"):
                node = node.literals.setdefault(segment, _Node())
                continue
            labels.append(segment.strip("{+}"))
            if segment.endswith("+}"):
                node.greedy.setdefault(method, _End(operation, tuple(labels), relocated))
                return
            node.label = node.label or _Node()
            node = node.label
        node.ends.setdefault(method, _End(operation, tuple(labels), relocated))


def _uris(service: ServiceModel) -> Iterator[tuple[str, str, str, bool]]:
    for name in sorted(service.operation_names):
        http = service.model.operation_model(name).http
        yield http["method"], http["requestUri"], name, False
    for owner, name, method, uri in _OTHER_RELEASES:
        if owner == service.name and name in service.operation_names:
            yield method, uri, name, True


def _walk(
    node: _Node, segments: list[str], at: int, method: str, values: list[str]
) -> tuple[_End, list[str]] | None:
    if at == len(segments):
        end = node.ends.get(method)
        return (end, values) if end else None
    segment = segments[at]
    literal = node.literals.get(segment)
    found = _walk(literal, segments, at + 1, method, values) if literal else None
    if found is None and node.label is not None and segment:
        found = _walk(node.label, segments, at + 1, method, [*values, segment])
    if found is None and method in node.greedy:
        found = node.greedy[method], [*values, "/".join(segments[at:])]
    return found
