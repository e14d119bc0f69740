"""Topics as a part of the service: what delivers to subscribers, and what answers at the links they are sent."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Supervisor, Wake
from mailgauge.gateway.app import Mount
from mailgauge.gateway.guards import FromElsewhere
from mailgauge.iam.secrets import MasterKey
from mailgauge.outgoing.client import OutgoingClient
from mailgauge.server.topic_pages import CONFIRM, PREFIX, UNSUBSCRIBE, certificate_app, topic_app
from mailgauge.sns import deliveries
from mailgauge.sns.deliveries import Delivery
from mailgauge.sns.delivering import Counts, Deliverer, Endpoint
from mailgauge.sns.email import EmailEndpoint, Links, SendMail
from mailgauge.sns.envelope import Envelopes
from mailgauge.sns.http_endpoint import HttpEndpoint
from mailgauge.sns.signing_key import SigningKey
from mailgauge.store.transaction import Store


class TopicSide:
    """``woken`` hints at what is to be delivered, ``address`` is where subscribers reach this service."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tasks: Supervisor,
        woken: Wake,
        *,
        master: MasterKey,
        service: str,
        address: Callable[[], str],
        client: OutgoingClient,
        send_mail: SendMail,
    ) -> None:
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._woken = woken
        # The certificate's address is known before there is a key, which is made when it is first needed.
        self._key = SigningKey(store, master, master.derive("topic-signing").hex()[:32], service, clock.real)
        self.envelopes = Envelopes(self._key, address)
        http = HttpEndpoint(client, self.envelopes)
        email = EmailEndpoint(store, send_mail, _links(address), self.envelopes)
        self.endpoints: dict[str, Endpoint] = {
            "http": http,
            "https": http,
            "email": email,
            "email-json": email,
        }
        self._deliverer: Deliverer | None = None
        self.counts = Counts()

    async def start(self, more: Mapping[str, Endpoint]) -> None:
        """``more`` are endpoints of other protocols."""
        await self._store.write(deliveries.release_all)
        endpoints = {**self.endpoints, **more}
        self._deliverer = Deliverer(
            self._store, self._clock, self._woken, endpoints, self._tasks, self.counts
        )
        self._tasks.keep("deliver notifications", self._deliverer.run)

    async def stop(self) -> None:
        """To be called while everything still runs: begins nothing any more, and gives what is under way time to end."""
        if self._deliverer is not None:
            await self._deliverer.stop()

    def mounts(self) -> dict[str, Mount]:
        return {
            self._key.path: Mount(certificate_app(self._key), FromElsewhere.LINK),
            PREFIX: Mount(topic_app(self._store, self._clock, self._woken), FromElsewhere.LINK),
        }


def _links(address: Callable[[], str]) -> Links:
    """People's links lead to pages that ask before they do anything: mail scanners open every link they see."""

    def confirm(delivery: Delivery) -> str:
        topic, token = quote(delivery.topic_arn, safe=":"), quote(delivery.token)
        return f"{address()}{PREFIX}{CONFIRM}?topic={topic}&token={token}"

    def unsubscribe(delivery: Delivery) -> str:
        return f"{address()}{PREFIX}{UNSUBSCRIBE}?subscription={quote(delivery.subscription_arn, safe=':')}"

    return Links(confirm, unsubscribe)
