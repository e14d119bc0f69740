"""What an option's type can't say: host names, addresses, URLs. Pure: nothing is looked up, and nothing is listened on."""

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from mailgauge.aws.sigv4 import REGION
from mailgauge.config.addresses import (
    AddressError,
    is_address,
    is_host_name,
    is_loopback,
    several,
    split_address,
)
from mailgauge.config.options import Config
from mailgauge.config.problem import Problem
from mailgauge.config.route_checks import problems_of_routes
from mailgauge.dns.resolver import NameServerError, split_server
from mailgauge.mail import address as mail_address
from mailgauge.scan.clamd import ClamdAddressError, parse_address

_COMMAND_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_BASE_URL = "must be empty or http://HOST or https://HOST, with a port and a path if need be, not {!r}"


def problems(config: Config) -> Iterator[Problem]:
    for option in ("listen", "inbound"):
        if text := _of_listening(getattr(config.server, option)):
            yield Problem("server", option, text)
    for option in ("smtp", "smtps"):
        for address in several(getattr(config.server, option)):
            if text := _of_listening(address):
                yield Problem("server", option, text)
    for name in config.server.hosts:
        if not is_host_name(name.replace("_", "-")) and not is_address(name):
            yield Problem("server", "hosts", f"takes host names without a port, not {name!r}")
    for network in config.server.trusted_proxies:
        if not _is_network(network):
            text = f"takes addresses and networks such as 10.0.0.0/8, not {network!r}"
            yield Problem("server", "trusted_proxies", text)
    yield from _of_service(config)
    yield from _of_tls(config)
    yield from problems_of_routes(config)
    if text := _of_capture(config.delivery.capture):
        yield Problem("delivery", "capture", text)
    for address in config.delivery.addresses:
        if not is_address(address):
            yield Problem("delivery", "addresses", f"takes IP addresses, not {address!r}")
    if config.scan.clamd and (text := _of_clamd(config.scan.clamd)):
        yield Problem("scan", "clamd", text)
    if config.tracking.url and not _is_base_url(config.tracking.url):
        yield Problem("tracking", "url", _NO_BASE_URL.format(config.tracking.url))
    for region in config.accounts.regions:
        if not REGION.fullmatch(region):
            text = f"takes names of Regions, such as us-east-1, not {region!r}"
            yield Problem("accounts", "regions", text)
    yield from _of_alarms(config)
    if -1 < config.accounts.max_24_hour_send < 0:
        yield Problem("accounts", "max_24_hour_send", "must be -1 (unlimited) or at least 0")
    for server in config.dns.resolvers:
        try:
            split_server(server)
        except NameServerError as error:
            yield Problem("dns", "resolvers", f"has what can't be asked: {error}")


def _of_alarms(config: Config) -> Iterator[Problem]:
    for name, arguments in config.alarms.commands.items():
        if not _COMMAND_NAME.fullmatch(name):
            text = f"takes names of up to 64 letters, digits, - and _, not {name!r}"
            yield Problem("alarms", "commands", text)
        elif not arguments or not arguments[0].startswith("/"):
            yield Problem("alarms", "commands", f"needs the whole path of the program {name!r}, from / on")
        elif any("\0" in each for each in arguments):
            yield Problem("alarms", "commands", f"has an argument of {name!r} with a null character")


def _of_service(config: Config) -> Iterator[Problem]:
    service = config.service
    if not is_host_name(service.domain):
        text = f"must be a host name, such as mail.example.com, not {service.domain!r}: return paths are made of it"
        yield Problem("service", "domain", text)
    if not service.name.strip() or not service.name.isprintable():
        yield Problem("service", "name", f"must be printable text on one line, not {service.name!r}")
    if service.url and not _is_base_url(service.url):
        yield Problem("service", "url", _NO_BASE_URL.format(service.url))

    for option, addresses in (
        ("postmaster", [service.postmaster] if service.postmaster else []),
        ("feedback_addresses", service.feedback_addresses),
    ):
        for address in addresses:
            if not _is_mailbox(address):
                yield Problem(
                    "service", option, f"takes mail addresses such as me@example.com, not {address!r}"
                )
    if service.postmaster.lower().endswith(f"@{service.domain.lower()}"):
        text = f"must be at another domain than {service.domain}: that is where its mail comes from"
        yield Problem("service", "postmaster", text)


def _of_tls(config: Config) -> Iterator[Problem]:
    if bool(config.tls.cert) != bool(config.tls.key):
        missing, given = ("key", "cert") if config.tls.cert else ("cert", "key")
        yield Problem(
            "tls", missing, f"is needed beside {given}: a certificate is no use without its private key"
        )


def _of_listening(address: str) -> str | None:
    try:
        host, _ = split_address(address)
    except AddressError as error:
        return f"can't be used: {error}"
    if is_address(host) or is_host_name(host):
        return None
    return f"can't be used: {host!r} is neither an address nor a host name"


def _is_mailbox(text: str) -> bool:
    try:
        return mail_address.parse_address(text).bare == text
    except mail_address.AddressError:
        return False


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _of_capture(address: str) -> str | None:
    """Captured mail never leaves this machine, in neither mode."""
    if not address:
        return None
    try:
        host, port = split_address(address)
    except AddressError as error:
        return f"can't be used: {error}"
    if not is_loopback(host):
        return (
            f"must be on this machine, such as 127.0.0.1:1025, not {address}: captured mail does not leave it"
        )
    return None if port else "needs the port of a server that is there, not 0"


def _of_clamd(address: str) -> str | None:
    try:
        parse_address(address)
    except ClamdAddressError as error:
        return f"can't be used: {error}"
    return None


def _is_base_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and (is_host_name(host) or is_address(host))
        and port != 0
        and not (parts.username or parts.password or parts.query or parts.fragment)
        and url.isprintable()
        and " " not in url
    )
