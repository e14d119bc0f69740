"""Reads the configuration: defaults, then the TOML file, then ``MAILGAUGE_<SECTION>_<OPTION>``, then command-line flags."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from mailgauge.config.options import Config

PREFIX = "MAILGAUGE_"


class ConfigError(Exception):
    """The configuration can't be used; the text says where and why."""


def load(
    defaults: Config, file: Path | None, environment: Mapping[str, str], flags: Mapping[tuple[str, str], Any]
) -> Config:
    """``flags`` are (section, option) pairs with values; None means that the flag was not given. Raises ConfigError."""
    values: dict[str, dict[str, Any]] = msgspec.to_builtins(defaults)
    if file is not None:
        _merge(values, _read(file), str(file))
    for name, text in environment.items():
        if (found := _option_of(name, values)) is not None:
            section, option = found
            values[section][option] = _from_text(section, option, text, name)
    for (section, option), value in flags.items():
        if value is not None:
            values[section][option] = value
    try:
        return msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"the configuration is wrong: {error}") from error


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} can't be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error


def _merge(values: dict[str, dict[str, Any]], given: dict[str, Any], where: str) -> None:
    for section, options in given.items():
        if section not in values:
            raise ConfigError(f"{where}: there is no section [{section}]; sections are {', '.join(values)}")
        if not isinstance(options, dict):
            raise ConfigError(f"{where}: {section} is a section, not an option")
        for option, value in options.items():
            if option not in values[section]:
                raise ConfigError(f"{where}: there is no option {option} in [{section}]")
            values[section][option] = value


def _option_of(name: str, values: Mapping[str, Mapping[str, Any]]) -> tuple[str, str] | None:
    if not name.startswith(PREFIX):
        return None
    section, _, option = name.removeprefix(PREFIX).lower().partition("_")
    return (section, option) if option in values.get(section, {}) else None


def _from_text(section: str, option: str, text: str, name: str) -> Any:
    kind = get_type_hints(get_type_hints(Config)[section])[option]
    try:
        return text if kind is str else msgspec.convert(_words(kind, text), kind, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {error}") from error


def _words(kind: Any, text: str) -> Any:
    """A list is written with commas between its items."""
    return (
        [item.strip() for item in text.split(",") if item.strip()]
        if str(kind).startswith(("list", "tuple"))
        else text
    )
