"""Which places users may name, as the configuration says."""

from typing import Any

from mailgauge.config.options import Config
from mailgauge.dns.answers import LiteralResolver, RecordType
from mailgauge.outgoing.target import OutgoingError
from mailgauge.server.outgoing import outgoing_client
from tests.outgoing.hostile_server import HostileServer

RESOLVER = LiteralResolver({("shop.example", RecordType.A): ["127.0.0.1"]})


async def asked(config: Config, url: str, *, is_local: bool) -> int | str:
    client = outgoing_client(config, RESOLVER, is_local=is_local)
    try:
        return (await client.post(url, b"", {}, timeout=60)).status
    except OutgoingError as error:
        return str(error)
    finally:
        await client.close()


def configured(**options: Any) -> Config:
    config = Config()
    config.dns.resolvers = ["192.0.2.53"]
    for name, value in options.items():
        setattr(config.outgoing, name, value)
    return config


async def test_serve_asks_this_machine_only_where_the_operator_allows_it_and_local_always() -> None:
    async with HostileServer().running() as port:
        url = f"http://shop.example:{port}/"
        refused = await asked(configured(), url, is_local=False)
        assert (
            refused
            == "shop.example is at 127.0.0.1, which is no address of the Internet: [outgoing] allow_private is off"
        )
        assert await asked(configured(allow_private=True), url, is_local=False) == 200
        assert await asked(configured(), url, is_local=True) == 200


async def test_ports_are_allowed_by_the_configuration() -> None:
    assert "port 81" in str(await asked(configured(), "http://shop.example:81/", is_local=True))
    answer = await asked(configured(ports=(81,)), "http://shop.example:81/", is_local=True)
    assert answer == "http://shop.example:81 can't be reached"
