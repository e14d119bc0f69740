"""Reads the configuration: defaults, then the TOML file, then ``MAILGAUGE_<SECTION>_<OPTION>``, then command-line flags."""

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, get_origin, get_type_hints

import msgspec

from mailgauge.config.checks import problems
from mailgauge.config.options import SANDBOX_QUOTAS, Config
from mailgauge.config.route_checks import problems_of_leaving
from mailgauge.config.words import expected, is_secret, toml

PREFIX = "MAILGAUGE_"
#: Flags that are not called as their options are.
_FLAGS = {("log", "level"): "--log-level", ("server", "hosts"): "--host"}


class ConfigError(Exception):
    """The configuration can't be used; the text says where and why."""


class _Given(NamedTuple):
    """A value of an option, and where it is from, in words. ``shown`` is how it was written there."""

    value: Any
    source: str
    shown: str


_Option = tuple[str, str]


def load(
    defaults: Config,
    file: Path | None,
    environment: Mapping[str, str],
    flags: Mapping[_Option, Any],
    *,
    may_leave: bool = False,
) -> Config:
    """``flags`` are (section, option) pairs with values; None means that the flag was not given.

    ``may_leave`` is true where mail may leave this machine, which takes more than `local` needs. Raises ConfigError.
    """
    given: dict[_Option, _Given] = {}
    if file is not None:
        given.update(_of_file(_read(file), str(file)))
    given.update(_of_environment(environment))
    for (section, option), value in flags.items():
        if value is not None:
            given[section, option] = _Given(value, f"flag {flag_of(section, option)}", toml(value))
    config = msgspec.convert(msgspec.to_builtins(defaults), Config)
    kinds = _kinds()
    for (section, option), each in given.items():
        setattr(getattr(config, section), option, _converted(section, option, each, kinds[section][option]))
    if config.accounts.sandbox:
        for option, quota in SANDBOX_QUOTAS.items():
            if ("accounts", option) not in given:
                setattr(config.accounts, option, quota)
    found = chain(problems(config), problems_of_leaving(config) if may_leave else ())
    for section, option, text in found:
        source = f"{given[section, option].source}: " if (section, option) in given else ""
        raise ConfigError(f"{source}[{section}] {option} {text}")
    return config


def mistyped(environment: Mapping[str, str]) -> Iterator[str]:
    """A warning for each variable that names a section and no option of it.

    No errors: Kubernetes sets MAILGAUGE_SERVICE_HOST and more of the kind by itself.
    """
    kinds = _kinds()
    for name in environment:
        section, option = _parts(name)
        if name.startswith(PREFIX) and section in kinds and option not in kinds[section]:
            yield f"{name} is ignored: there is no option {option} in [{section}]{_instead(option, kinds[section])}"


def flag_of(section: str, option: str) -> str:
    """The command-line flag of an option that has one."""
    return _FLAGS.get((section, option), f"--{option.replace('_', '-')}")


def _kinds() -> dict[str, dict[str, Any]]:
    """The types of all options, by section, with their bounds."""
    return {
        section: get_type_hints(kind, include_extras=True) for section, kind in get_type_hints(Config).items()
    }


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error


def _of_file(document: dict[str, Any], where: str) -> Iterator[tuple[_Option, _Given]]:
    kinds = _kinds()
    for section, options in document.items():
        if not isinstance(options, dict):
            text = "is a section, not an option" if section in kinds else _outside(section, kinds)
            raise ConfigError(f"{where}: {section} {text}")
        if section not in kinds:
            raise ConfigError(f"{where}: there is no section [{section}]; sections are {', '.join(kinds)}")
        for option, value in options.items():
            if option not in kinds[section]:
                instead = _instead(option, kinds[section])
                raise ConfigError(f"{where}: there is no option {option} in [{section}]{instead}")
            yield (section, option), _Given(value, where, toml(value))


def _of_environment(environment: Mapping[str, str]) -> Iterator[tuple[_Option, _Given]]:
    kinds = _kinds()
    for name, text in environment.items():
        section, option = _parts(name)
        if name.startswith(PREFIX) and option in kinds.get(section, {}):
            value = _from_text(text, get_type_hints(get_type_hints(Config)[section])[option])
            yield (section, option), _Given(value, f"environment variable {name}", toml(text))


def _parts(name: str) -> tuple[str, str]:
    section, _, option = name.removeprefix(PREFIX).lower().partition("_")
    return section, option


def _instead(option: str, known: Mapping[str, Any]) -> str:
    near = get_close_matches(option, known, 1)
    return f"; did you mean {near[0]}?" if near else f"; its options are {', '.join(known)}"


def _outside(option: str, kinds: Mapping[str, Mapping[str, Any]]) -> str:
    sections = [f"[{section}]" for section, options in kinds.items() if option in options]
    where = f"write it below {' or '.join(sections)}" if sections else f"sections are {', '.join(kinds)}"
    return f"stands in no section; {where}"


def _from_text(text: str, kind: Any) -> Any:
    """The value of a variable: lists and tables with commas; what can't be converted stays text, and is refused later."""
    if kind is str:
        return text
    value: Any = text
    items = [item.strip() for item in text.split(",") if item.strip()]
    if get_origin(kind) in {list, tuple}:
        value = items
    elif get_origin(kind) is dict and all("=" in item for item in items):
        # Quotes, which a TOML file needs around a domain, are taken as they are meant.
        pairs = (item.partition("=") for item in items)
        value = {name.strip(' "'): given.strip(' "') for name, _, given in pairs}
    try:
        return msgspec.to_builtins(msgspec.convert(value, kind, strict=False))
    except msgspec.ValidationError:
        return value


def _converted(section: str, option: str, given: _Given, kind: Any) -> Any:
    try:
        return msgspec.convert(given.value, kind)
    except msgspec.ValidationError as error:
        shown = "not that" if is_secret(kind) else given.shown
        text = f"{given.source}: [{section}] {option} must be {expected(kind)}; it is {shown}"
        raise ConfigError(text) from error
