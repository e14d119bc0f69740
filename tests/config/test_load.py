"""The configuration: what wins over what, and errors that say where they are."""

from pathlib import Path

import pytest

from mailgauge.config.load import ConfigError, load
from mailgauge.config.options import Config, local_defaults


def toml(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "mailgauge.toml"
    file.write_text(text)
    return file


def test_flags_win_over_the_environment_which_wins_over_the_file(tmp_path: Path) -> None:
    file = toml(tmp_path, '[server]\nlisten = "a:1"\ninbound = "a:2"\n[service]\ndomain = "file.example"\n')
    environment = {"MAILGAUGE_SERVER_LISTEN": "b:1", "MAILGAUGE_SERVER_INBOUND": "b:2", "OTHER": "x"}
    config = load(Config(), file, environment, {("server", "listen"): "c:1", ("server", "inbound"): None})
    assert (config.server.listen, config.server.inbound, config.service.domain) == (
        "c:1",
        "b:2",
        "file.example",
    )


def test_the_environment_writes_lists_with_commas_and_switches_as_words() -> None:
    environment = {
        "MAILGAUGE_SERVER_HOSTS": "one.test, two.test",
        "MAILGAUGE_ACCOUNTS_SANDBOX": "true",
        "MAILGAUGE_DELIVERY_RETRY_PAUSES": "1, 2.5",
    }
    config = load(Config(), None, environment, {})
    assert config.server.hosts == ["one.test", "two.test"]
    assert config.accounts.sandbox is True
    assert config.delivery.retry_pauses == (1.0, 2.5)


def test_local_verifies_at_once_and_serve_does_not() -> None:
    assert local_defaults().accounts.verification == "automatic"
    assert Config().accounts.verification == "mail"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[servre]\nlisten = 'x'", r"no section \[servre\]; sections are server"),
        ("[server]\nlissen = 'x'", r"no option lissen in \[server\]"),
        ("[accounts]\nsandbox = 'maybe'", "sandbox"),
        ("server = 1", "server is a section"),
        ("[delivery]\nretry_pauses = []", "retry_pauses"),
        ("[delivery]\nretry_pauses = [60, 0]", "retry_pauses"),
        ("[server", "is not TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(Config(), toml(tmp_path, text), {}, {})


def test_what_is_wrong_in_the_environment_is_named() -> None:
    with pytest.raises(ConfigError, match="MAILGAUGE_ACCOUNTS_SANDBOX"):
        load(Config(), None, {"MAILGAUGE_ACCOUNTS_SANDBOX": "maybe"}, {})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml can't be read"):
        load(Config(), tmp_path / "none.toml", {}, {})
