"""``HOST:PORT`` as options write it. Pure: nothing is looked up, and nothing is listened on."""

import ipaddress
import re

_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class AddressError(Exception):
    """An address can't be used; the text says which and why."""


def split_address(text: str) -> tuple[str, int]:
    """``HOST:PORT``, with brackets around an IPv6 address. Raises AddressError."""
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()):
        raise AddressError(f"{text!r} is not an address: write HOST:PORT, such as 127.0.0.1:4566")
    if not host:
        raise AddressError(
            f"{text!r} has no host: write 127.0.0.1:{port} for this machine only, 0.0.0.0:{port} for every interface"
        )
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise AddressError(f"{text!r}: an IPv6 address is written in brackets, such as [::1]:4566")
    if len(port) > 5 or int(port) > 65535:
        raise AddressError(f"{text!r}: the port must be 0 to 65535")
    return host.removeprefix("[").removesuffix("]"), int(port)


def several(text: str) -> list[str]:
    """The addresses of an option that takes several, with commas between them, or none."""
    return [each.strip() for each in text.split(",") if each.strip()]


def is_host_name(text: str) -> bool:
    """A name that DNS and SMTP take (RFC 1123, section 2.1); an address is none."""
    labels = text.split(".")
    return len(text) <= 253 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def is_address(text: str) -> bool:
    """An IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the host. Names besides ``localhost`` could be anything's."""
    return host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)
