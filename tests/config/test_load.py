"""The configuration: what wins over what, and errors that say where they are."""

from pathlib import Path

import pytest

from mailgauge.config.load import ConfigError, load, mistyped
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


def test_the_sandbox_has_amazons_quotas_unless_they_are_set(tmp_path: Path) -> None:
    flag = {("accounts", "sandbox"): True}
    accounts = load(local_defaults(), None, {}, flag).accounts
    assert (accounts.max_24_hour_send, accounts.max_send_rate) == (200.0, 1.0)
    accounts = load(Config(), None, {"MAILGAUGE_ACCOUNTS_MAX_SEND_RATE": "0"}, flag).accounts
    assert (accounts.max_24_hour_send, accounts.max_send_rate) == (200.0, 0.0)
    file = tmp_path / "mailgauge.toml"
    file.write_text("[accounts]\nsandbox = true\nmax_24_hour_send = -1\n")
    accounts = load(Config(), file, {}, {}).accounts
    assert (accounts.max_24_hour_send, accounts.max_send_rate) == (-1.0, 1.0)
    accounts = load(Config(), None, {}, {}).accounts
    assert (accounts.max_24_hour_send, accounts.max_send_rate) == (-1.0, 0.0)


def test_the_environment_writes_a_table_as_pairs() -> None:
    environment = {
        "MAILGAUGE_DELIVERY_DOMAINS": 'a.example=mx, "*.b.example" = "relay.example:25"',
        "MAILGAUGE_SERVICE_DOMAIN": "mail.example.com",
    }
    config = load(Config(), None, environment, {}, may_leave=True)
    assert config.delivery.domains == {"a.example": "mx", "*.b.example": "relay.example:25"}
    with pytest.raises(
        ConfigError, match=r"MAILGAUGE_DELIVERY_DOMAINS: .* must be a table, of each name: text; it is"
    ):
        load(Config(), None, {"MAILGAUGE_DELIVERY_DOMAINS": "a.example"}, {})


def test_what_lets_mail_out_is_refused_without_a_name_and_let_pass_where_all_is_captured() -> None:
    environment = {"MAILGAUGE_DELIVERY_ROUTE": "mx"}
    assert load(local_defaults(), None, environment, {}).delivery.route == "mx"
    with pytest.raises(ConfigError, match=r"^\[service\] domain must be a name .* route is mx"):
        load(Config(), None, environment, {}, may_leave=True)


def test_a_login_needs_its_password_where_mail_leaves_and_not_where_the_file_is_only_looked_at(
    tmp_path: Path,
) -> None:
    file = toml(tmp_path, '[smarthost]\nusername = "me"')
    assert load(Config(), file, {}, {}).smarthost.username == "me"
    with pytest.raises(ConfigError, match=r"^\[smarthost\] password is needed: a login takes"):
        load(Config(), file, {}, {}, may_leave=True)
    password = {"MAILGAUGE_SMARTHOST_PASSWORD": "secret"}
    with pytest.raises(
        ConfigError, match=r"PASSWORD: \[smarthost\] username|\[smarthost\] username is needed"
    ):
        load(Config(), None, password, {}, may_leave=True)


def test_an_option_outside_its_section_is_told_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"route stands in no section; write it below \[delivery\]"):
        load(Config(), toml(tmp_path, 'route = "mx"'), {}, {})


def test_a_secret_is_not_repeated_in_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="password must be text; it is not that"):
        load(Config(), toml(tmp_path, "[smarthost]\npassword = 12345"), {}, {})


def test_local_verifies_at_once_and_serve_does_not() -> None:
    assert local_defaults().accounts.verification == "automatic"
    assert Config().accounts.verification == "mail"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[servre]\nlisten = 'x'", r"no section \[servre\]; sections are server"),
        ("[server]\nlissen = 'x'", r"no option lissen in \[server\]; did you mean listen\?"),
        ("[accounts]\nsandbox = 'maybe'", r'\[accounts\] sandbox must be true or false; it is "maybe"'),
        (
            "[accounts]\nverification = 'post'",
            r'verification must be one of "automatic", "mail"; it is "post"',
        ),
        ("server = 1", "server is a section"),
        ("[delivery]\nretry_pauses = []", "retry_pauses must be a list, one or more of: a number above 0"),
        ("[delivery]\nretry_pauses = [60, 0]", r"retry_pauses must be .*; it is \[60,0\]"),
        ("[keep]\njournal_days = 0", r"\[keep\] journal_days must be a number of at least 1 .*; it is 0"),
        ("[keep]\nmailbox_messages = -5", "mailbox_messages must be a whole number of at least 1"),
        ("[accounts]\nmax_send_rate = nan", "max_send_rate must be a number of at least 0"),
        ("[reputation]\npause_bounce_rate = 5", "pause_bounce_rate must be a number .* at most 1; it is 5"),
        ("[server", "is not TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_in_its_own_words(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as raised:
        load(Config(), toml(tmp_path, text), {}, {})
    assert str(raised.value).startswith(str(tmp_path / "mailgauge.toml"))


def test_what_is_wrong_in_the_environment_or_a_flag_is_named() -> None:
    variable = r"environment variable MAILGAUGE_ACCOUNTS_SANDBOX: \[accounts\] sandbox must be true or false"
    with pytest.raises(ConfigError, match=variable):
        load(Config(), None, {"MAILGAUGE_ACCOUNTS_SANDBOX": "maybe"}, {})
    with pytest.raises(ConfigError, match=r"flag --max-send-rate: \[accounts\] max_send_rate must be"):
        load(Config(), None, {}, {("accounts", "max_send_rate"): -1.0})


def test_a_variable_of_a_known_section_that_is_no_option_is_warned_about() -> None:
    environment = {
        "MAILGAUGE_SERVER_LISTTEN": "127.0.0.1:1",
        "MAILGAUGE_SERVICE_HOST": "10.0.0.1",
        "MAILGAUGE_SERVER_LISTEN": "127.0.0.1:1",
        "MAILGAUGE_DATA": "data",
        "PATH": "/bin",
    }
    assert load(Config(), None, environment, {}).server.listen == "127.0.0.1:1"
    first, second = mistyped(environment)
    assert first.startswith(
        "MAILGAUGE_SERVER_LISTTEN is ignored: there is no option listten in [server]; did you mean"
    )
    assert second.startswith("MAILGAUGE_SERVICE_HOST is ignored")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml can't be read"):
        load(Config(), tmp_path / "none.toml", {}, {})
