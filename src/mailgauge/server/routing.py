"""Builds the router out of the configuration: which transport mail for which domain takes.

Mail for the mailbox simulator never leaves, whatever is configured; in `local` no mail does.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from mailgauge.base.clock import Clock
from mailgauge.config.addresses import is_loopback, split_address
from mailgauge.config.options import Config
from mailgauge.config.route_checks import routes_out, uses
from mailgauge.delivery.mta_sts import MtaSts
from mailgauge.delivery.mx import IsOurselves, MxRouter
from mailgauge.delivery.policy_fetch import PolicyFetcher
from mailgauge.delivery.routes import Always, ByDomain, ToServer
from mailgauge.delivery.sites import ON_THIS_MACHINE
from mailgauge.delivery.transport import Route, Router
from mailgauge.dns.answers import Resolver
from mailgauge.simulator.addresses import DOMAIN as SIMULATOR
from mailgauge.smtp.outcome import Destination, Tls

_TLS = {"starttls": Tls.VERIFY, "tls": Tls.VERIFY, "opportunistic": Tls.OPPORTUNISTIC, "off": Tls.OFF}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the SMTP servers of this process listen on loopback, and where feedback is received."""

    mailbox: int
    simulator: int
    inbound: tuple[str, int]


def build_router(
    config: Config, ports: Ports, resolver: Resolver, clock: Clock, *, may_leave: bool
) -> Router:
    """``may_leave`` is false in `local`: then all mail is captured."""
    capture = Always(_capture(config, ports.mailbox))
    simulator = Always(_here("simulator", "127.0.0.1", ports.simulator))
    if not may_leave:
        return ByDomain(capture, {SIMULATOR: simulator}, {})
    builder = _Builder(config, capture, _mx(config, ports, resolver, clock), resolver)
    named = {domain.lower(): builder.router(value) for domain, value in config.delivery.domains.items()}
    exact = {domain: router for domain, router in named.items() if not domain.startswith("*.")}
    under = {domain[2:]: router for domain, router in named.items() if domain.startswith("*.")}
    return ByDomain(builder.router(config.delivery.route), {**exact, SIMULATOR: simulator}, under)


def warnings(config: Config, *, may_leave: bool) -> Iterator[str]:
    """What an operator should know of the routes, once they are in force."""
    smarthost, out = config.smarthost, list(routes_out(config))
    if not may_leave and out:
        yield f"{out[0]}, but `local` captures all mail: run `mailgauge serve` to send it"
    elif uses(config, "smarthost") and smarthost.username and smarthost.tls in {"off", "opportunistic"}:
        host, _ = split_address(smarthost.address)
        if not is_loopback(host):
            yield (
                f"[smarthost] tls is {smarthost.tls}: whoever is on the way to {host} can read the password. "
                "Set it to starttls or tls"
            )


@dataclass(frozen=True, slots=True)
class _Builder:
    config: Config
    capture: Router
    mx: Router
    resolver: Resolver

    def router(self, value: str) -> Router:
        match value:
            case "capture":
                return self.capture
            case "mx":
                return self.mx
            case "smarthost":
                return self._smarthost()
        host, port = split_address(value)
        return ToServer("server", f"{host.lower()}:{port}", _destination(host, port), self.resolver)

    def _smarthost(self) -> Router:
        options = self.config.smarthost
        host, port = split_address(options.address)
        server = Destination(
            host,
            port,
            _TLS[options.tls],
            implicit_tls=options.tls == "tls",
            username=options.username or None,
            password=options.password if options.username else None,
        )
        return ToServer("smarthost", "smarthost", server, self.resolver)


def _mx(config: Config, ports: Ports, resolver: Resolver, clock: Clock) -> Router:
    delivery = config.delivery
    policies = None
    if delivery.mta_sts:
        fetcher = PolicyFetcher(resolver, ipv6=delivery.ipv6, allow_private=delivery.allow_private)
        policies = MtaSts(resolver, fetcher.fetch, clock)
    return MxRouter(
        resolver,
        _receives_at(*ports.inbound),
        port=delivery.mx_port,
        ipv6=delivery.ipv6,
        allow_private=delivery.allow_private,
        policies=policies,
        has_route=_has_route,
    )


def _capture(config: Config, mailbox_port: int) -> Route:
    elsewhere = config.delivery.capture
    host, port = split_address(elsewhere) if elsewhere else ("127.0.0.1", mailbox_port)
    return _here("capture", host, port)


def _here(name: str, host: str, port: int) -> Route:
    """A server on this machine: nothing is encrypted on the way there."""
    there = (Destination(host, port, Tls.OFF),)
    return Route(name, name, there, most_connections=ON_THIS_MACHINE, most_per_second=0.0)


def _destination(host: str, port: int) -> Destination:
    return Destination(host, port, Tls.OFF if is_loopback(host) else Tls.OPPORTUNISTIC)


def _receives_at(host: str, port: int) -> IsOurselves:
    """Whether mail to an address and port would come in at our own listener."""
    is_of_this_machine = lru_cache(4096)(_is_of_this_machine)

    def is_ourselves(address: str, at: int) -> bool:
        if at != port:
            return False
        return is_of_this_machine(address) if host in {"0.0.0.0", "::"} else address == host  # noqa: S104 - compared

    return is_ourselves


def _is_of_this_machine(address: str) -> bool:
    """Only a machine's own addresses can be bound."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def _has_route(address: str) -> bool:
    """Connecting a datagram socket sends nothing, but fails without a route."""
    if ":" not in address:
        return True  # what lacks IPv4 lacks everything, and an attempt is to say so
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 25))
    except OSError:
        return False
    return True
