"""`mailgauge serve` as an operator runs it: a configuration file, a key, mail that leaves the process."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.scenarios.service import Service, wait_until

Settings = Mapping[str, Mapping[str, Any]]

DOMAIN = "mail.sender.example"
"""The service's own domain: of its return paths, its Message-IDs and its EHLO."""


class Installation:
    """A data directory, its configuration and its first key, which stay the same from start to start."""

    def __init__(
        self, folder: Path, settings: Settings, environment: Mapping[str, str] | None = None
    ) -> None:
        self.data = folder / "data"
        """May be a link to elsewhere: the log stays beside it."""
        self._file = folder / "mailgauge.toml"
        self._file.write_text(_toml(settings))
        self._environment = environment
        self._key: tuple[str, str] | None = None

    def start(self, *arguments: str) -> Service:
        arguments = ("--config", str(self._file), *arguments)
        service = Service.start(self.data, *arguments, mode="serve", environment=self._environment)
        self._open(service)
        return service

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Service]:
        service = self.start(*arguments)
        try:
            yield service
        finally:
            service.stop()

    def _open(self, service: Service) -> None:
        if self._key is None:
            key_id, secret = wait_until(lambda: shown_key(service), lambda found: len(found) == 2)
            self._key = key_id, secret
        service.key = self._key


def shown_key(service: Service) -> list[str]:
    """The first key's id and secret, as the first start shows them in its log."""
    return [line.split("=", 1)[1] for line in service.log().splitlines() if "export AWS_" in line]


def settings(resolver: str, mx_port: int, *more: Settings) -> Settings:
    """Delivery by MX to servers on loopback, identities that verify at once, and a second attempt soon."""
    sections: dict[str, dict[str, Any]] = {
        "service": {"domain": DOMAIN},
        "accounts": {"verification": "automatic"},
        "delivery": {"route": "mx", "mx_port": mx_port, "allow_private": True, "retry_pauses": [1.0, 2.0]},
        "dns": {"resolvers": [resolver], "timeout": 2.0},
    }
    for each in more:
        for name, values in each.items():
            sections.setdefault(name, {}).update(values)
    return sections


def _toml(sections: Settings) -> str:
    """JSON's strings, numbers, booleans and lists are TOML's; a table in a section is a section of its own."""
    lines: list[str] = []
    tables: dict[str, Mapping[str, Any]] = {}
    for section, values in sections.items():
        lines.append(f"[{section}]")
        for name, value in values.items():
            if isinstance(value, Mapping):
                tables[f"{section}.{name}"] = {json.dumps(key): each for key, each in value.items()}
            else:
                lines.append(f"{name} = {json.dumps(value)}")
    return "\n".join(lines) + "\n" + (_toml(tables) if tables else "")
