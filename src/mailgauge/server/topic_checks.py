"""Health checks of topics: what could not be delivered to subscribers, and whether they can reach what they are sent."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from mailgauge.base.clock import Clock
from mailgauge.base.health import Check, Finding, Level
from mailgauge.base.internet import is_loopback
from mailgauge.config.addresses import split_address
from mailgauge.config.options import Config
from mailgauge.sns import dead_letters, deliveries, subscription_rows
from mailgauge.store.transaction import Store

_FAR_BEHIND = 300.0
"""Seconds that a delivery may be overdue."""


def topic_checks(config: Config, mail: Store, clock: Clock, *, is_public: bool = True) -> Sequence[Check]:
    """``is_public``: subscribers may be anywhere, and not only on this machine as with ``local``."""

    async def given_up() -> list[Finding]:
        count, latest = await mail.read(lambda tx: (dead_letters.count(tx), dead_letters.latest(tx)))
        if latest is None:
            return []
        text = f"{count} notifications of topics could not be delivered; of the last: {latest.why[:200]}"
        advice = "`mailgauge topics dead-letters list` shows them, `mailgauge topics dead-letters redrive` delivers them again."
        return [Finding("topics", Level.WARNING, text, advice)]

    async def behind() -> list[Finding]:
        due = await mail.read(deliveries.oldest_due)
        late = 0.0 if due is None else clock.now() - due
        if late < _FAR_BEHIND:
            return []
        text = f"notifications of topics have been waiting for their delivery for {late:.0f} s"
        return [
            Finding(
                "topics",
                Level.WARNING,
                text,
                "Either nothing delivers, or an endpoint is slow. The log says more.",
            )
        ]

    async def address() -> list[Finding]:
        if not await mail.read(subscription_rows.has_outside):
            return []
        return find_address(config)

    return (given_up, behind, address) if is_public else (given_up, behind)


def find_address(config: Config) -> list[Finding]:
    """Subscribers fetch the certificate that signatures are verified with, and follow links, wherever they are."""
    host, _ = split_address(config.server.listen)
    url = config.service.url or f"{'https' if config.tls.cert else 'http'}://{config.server.listen}"
    found = urlsplit(url).hostname or host
    if is_loopback(found):
        text = f"subscribers of topics are sent links to {url}, where only this machine gets"
        advice = "Set [service] url to the address that they see, such as https://mail.example.com."
        return [Finding("topics", Level.WARNING, text, advice)]
    if not url.startswith("https://"):
        text = f"subscribers of topics are sent links to {url}: programs that verify signatures want https://"
        advice = "Set [tls], or [service] url to the https:// address of the proxy before this service."
        return [Finding("topics", Level.WARNING, text, advice)]
    return []
