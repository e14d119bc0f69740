"""A small Internet on loopback: name servers, and addresses on which mail servers share one port as hosts share port 25."""

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import trustme

from tests.scenarios.postfix import Plan, Postfix, postfix
from tests.scenarios.service import Service
from tests.scenarios.serving import Installation, Settings, settings
from tests.scenarios.sinks import Wire, wire_to
from tests.scenarios.zones import Zones, zones

SENDER = "news@shop.example"
SET = "all"
EVENTS = (
    *("SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY"),
    *("OPEN", "CLICK", "RENDERING_FAILURE", "DELIVERY_DELAY", "SUBSCRIPTION"),
)


class Internet:
    """What is opened here is closed with it."""

    def __init__(self, known: Zones, folder: Path, stack: ExitStack) -> None:
        self.zones = known
        self.folder = folder
        self._stack = stack
        # Each test process has a network of its own, so that they take no port from each other.
        worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw") or "0"
        self._network = f"127.{64 + int(worker) % 64}.0"
        self.port = _free_on_all([self.address(n) for n in range(2, 10)])

    def address(self, number: int) -> str:
        return f"{self._network}.{number}"

    def postfix(self, number: int, plan: Mapping[str, Any]) -> Postfix:
        """A Postfix at the address of that number, at the port that all share."""
        server = Plan(host=self.address(number), port=self.port, **plan)
        return self._stack.enter_context(postfix(server))

    def wire(self, number: int, upstream: str) -> Wire:
        return self._stack.enter_context(wire_to(upstream, self.address(number), self.port))

    def wire_by_ipv6(self, upstream: str) -> Wire:
        return self._stack.enter_context(wire_to(upstream, "::1", self.port))

    def certificate(self, *names: str, authority: trustme.CA | None = None) -> Path:
        """Key and certificate of a mail server, by an authority that nobody knows unless it is named."""
        path = self.folder / f"{names[0]}.pem"
        (authority or trustme.CA()).issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(path)
        return path

    def installation(
        self, *more: Settings, folder: Path | None = None, authority: trustme.CA | None = None
    ) -> Installation:
        """``authority`` is whom it trusts, and nobody else; by default those that the system trusts."""
        folder = folder or self.folder
        environment = {}
        if authority is not None:
            authority.cert_pem.write_to_path(trusted := folder / "trusted.pem")
            environment = {"SSL_CERT_FILE": str(trusted)}
        return Installation(folder, settings(self.zones.address, self.port, *more), environment)


@contextmanager
def internet(folder: Path) -> Iterator[Internet]:
    with ExitStack() as stack:
        yield Internet(stack.enter_context(zones()), folder, stack)


def prepare(service: Service) -> Any:
    """A verified sending domain, and a set that publishes every event by campaign; the client of SES."""
    ses = service.client("sesv2")
    ses.create_email_identity(EmailIdentity=SENDER.partition("@")[2])
    ses.create_configuration_set(ConfigurationSetName=SET)
    dimension = {
        "DimensionName": "campaign",
        "DimensionValueSource": "MESSAGE_TAG",
        "DefaultDimensionValue": "none",
    }
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=SET,
        EventDestinationName="metrics",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": list(EVENTS),
            "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
        },
    )
    return ses


def send(ses: Any, *recipients: str, text: str = "Hello.", sender: str = SENDER, **more: Any) -> str:
    """The id of an accepted message."""
    simple = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": text}}}}
    answer = ses.send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": list(recipients)},
        Content=more.pop("Content", simple),
        ConfigurationSetName=more.pop("set_name", SET),
        **more,
    )
    return str(answer["MessageId"])


def has_ipv6() -> bool:
    """Whether this machine, which may be a container, can reach itself by IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _free_on_all(hosts: Sequence[str]) -> int:
    """A port that is free at each of these addresses."""
    while True:
        with ExitStack() as stack:
            first = stack.enter_context(socket.socket())
            first.bind((hosts[0], 0))
            port = int(first.getsockname()[1])
            try:
                for host in hosts[1:]:
                    stack.enter_context(socket.socket()).bind((host, port))
            except OSError:
                continue
            return port
