"""What must hold of routes: of the words and servers they name, and of who we are once mail leaves this machine. Pure."""

from collections.abc import Iterator

from mailgauge.config.addresses import AddressError, is_address, is_host_name, is_loopback, split_address
from mailgauge.config.options import Config
from mailgauge.config.problem import Problem

_WORDS = frozenset({"capture", "mx", "smarthost"})


def problems_of_routes(config: Config) -> Iterator[Problem]:
    for domain, value in config.delivery.domains.items():
        if not is_host_name(domain.removeprefix("*.")):
            yield Problem(
                "delivery",
                "domains",
                f"takes domains, such as corp.example or *.corp.example, not {domain!r}",
            )
        elif value not in _WORDS and (text := _of_server(value)):
            yield Problem(
                "delivery", "domains", f"of {domain} must be capture, mx, smarthost or HOST:PORT; {text}"
            )
    smarthost = config.smarthost
    if smarthost.address and (text := _of_server(smarthost.address)):
        yield Problem("smarthost", "address", f"can't be used: {text}")
    if not smarthost.address and uses(config, "smarthost"):
        yield Problem(
            "smarthost", "address", "is needed (HOST:PORT): a route of [delivery] leads to the smarthost"
        )


def problems_of_leaving(config: Config) -> Iterator[Problem]:
    """Mail that leaves says who we are: others answer that name, and turn away who has none. What only looks at the
    configuration needs no password either: it may be in the service's environment alone.
    """
    domain = config.service.domain
    is_ours_alone = "." not in domain or domain.lower().endswith(".localhost")
    if is_ours_alone and (leaving := list(routes_out(config))):
        text = f"must be a name of this server that others can look up, not {domain}, because mail leaves: {leaving[0]}"
        yield Problem("service", "domain", text)
    smarthost = config.smarthost
    if bool(smarthost.username) != bool(smarthost.password):
        missing = "password" if smarthost.username else "username"
        yield Problem("smarthost", missing, "is needed: a login takes a user name and a password")


def routes_out(config: Config) -> Iterator[str]:
    """The routes that lead away from this machine, as the configuration has them."""
    if config.delivery.route != "capture":
        yield f"[delivery] route is {config.delivery.route}"
    for domain, value in config.delivery.domains.items():
        if value in {"mx", "smarthost"} or (value != "capture" and not is_loopback(split_address(value)[0])):
            yield f"[delivery] domains sends {domain} to {value}"


def uses(config: Config, route: str) -> bool:
    """Whether any mail takes this route."""
    return route in {config.delivery.route, *config.delivery.domains.values()}


def _of_server(address: str) -> str | None:
    try:
        host, port = split_address(address)
    except AddressError as error:
        return str(error)
    if not is_host_name(host) and not is_address(host):
        return f"{host!r} is neither an address nor a host name"
    return None if port else "port 0 is none that a server has"
