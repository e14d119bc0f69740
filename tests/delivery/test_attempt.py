"""What a configuration set asks of the hosts of a route: TLS where it requires it, an address of its pool to leave from."""

from collections.abc import Sequence

import pytest

from mailgauge.base.clock import ManualClock, SystemClock
from mailgauge.delivery.attempt import Mail, attempt
from mailgauge.delivery.sites import Sites
from mailgauge.delivery.transport import Route
from mailgauge.smtp.client import Connections, Destination, Outcome, Tls
from mailgauge.smtp.outcome import Dialogue


class Recorder(Connections):
    """Notes where mail would have gone."""

    def __init__(self) -> None:
        super().__init__(SystemClock(), "mail.example")
        self.asked: list[Destination] = []

    async def send(
        self,
        destination: Destination,
        mail_from: str,
        recipients: Sequence[str],
        message: bytes,
        *,
        dialogue: Dialogue | None = None,
    ) -> Outcome:
        self.asked.append(destination)
        return Outcome(tuple(recipients))


@pytest.mark.parametrize(
    ("destination", "tls"),
    [
        (Destination("192.0.2.1"), Tls.REQUIRE),
        (Destination("192.0.2.1", tls=Tls.VERIFY), Tls.VERIFY),
        (Destination("192.0.2.1", tls=Tls.OFF), Tls.REQUIRE),
        (Destination("relay.example", tls=Tls.OFF), Tls.REQUIRE),
        (Destination("192.0.2.1", tls=Tls.OFF, implicit_tls=True), Tls.OFF),
        (Destination("127.0.0.1", tls=Tls.OFF), Tls.OFF),
        (Destination("localhost", tls=Tls.OFF), Tls.OFF),
        (Destination("::1", tls=Tls.OFF), Tls.OFF),
    ],
)
async def test_mail_that_requires_tls_never_leaves_this_machine_in_the_clear(
    destination: Destination, tls: Tls
) -> None:
    client, route, clock = Recorder(), Route("mx", "mx", (destination,)), ManualClock()
    for requires_tls in (True, False):
        mail = Mail("id", "r@mail.example", ("a@example.com",), b"", 1e10, requires_tls=requires_tls)
        await attempt(client, route, Sites(20).of(route), mail, clock)
    assert [each.tls for each in client.asked] == [tls, destination.tls]


@pytest.mark.parametrize(
    ("sources", "tried"),
    [
        (["192.0.2.9"], [("192.0.2.1", "192.0.2.9"), ("192.0.2.2", "192.0.2.9")]),
        (["2001:db8::9"], [("2001:db8::1", "2001:db8::9")]),
        ([], [("2001:db8::1", None), ("192.0.2.1", None), ("192.0.2.2", None)]),
    ],
)
async def test_mail_of_a_pool_goes_where_its_addresses_reach(
    sources: list[str], tried: list[tuple[str, str | None]]
) -> None:
    hosts = ("2001:db8::1", "192.0.2.1", "192.0.2.2")
    client, route, clock = Recorder(), Route("mx", "mx", tuple(map(Destination, hosts))), ManualClock()
    mail = Mail("id", "r@mail.example", ("a@example.com",), b"", clock.monotonic() + 9, sources)
    await attempt(client, route, Sites(20).of(route), mail, clock)
    assert [(each.host, each.source) for each in client.asked] == tried


async def test_a_pool_that_reaches_no_host_does_not_hold_mail_up() -> None:
    client, route, clock = Recorder(), Route("mx", "mx", (Destination("2001:db8::1"),)), ManualClock()
    mail = Mail("id", "r@mail.example", ("a@example.com",), b"", clock.monotonic() + 9, ["192.0.2.9"])
    await attempt(client, route, Sites(20).of(route), mail, clock)
    assert [(each.host, each.source) for each in client.asked] == [("2001:db8::1", None)]
