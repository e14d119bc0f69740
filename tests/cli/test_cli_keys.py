"""The commands about keys: access keys, SMTP passwords, and what webhooks are signed with."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mailgauge.cli.keys import keys
from mailgauge.iam.secrets import MasterKey
from mailgauge.iam.smtp_passwords import derive
from mailgauge.store.sqlite import SqliteStore


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(keys, arguments, env=env)


def made(data: Path, *arguments: str) -> dict[str, str]:
    result = run("create", "--data", str(data), "--json", *arguments)
    assert result.exit_code == 0, result.output
    answer: dict[str, str] = json.loads(result.stdout)
    return answer


def listed(data: Path) -> list[dict[str, Any]]:
    result = run("list", "--data", str(data), "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_the_secret_is_shown_once_as_lines_for_the_shell(tmp_path: Path) -> None:
    result = run("create", "--data", str(tmp_path), "--name", "app", "--account", "123456789012")
    lines = result.stdout.splitlines()
    assert re.fullmatch(r"export AWS_ACCESS_KEY_ID=AKIA[A-Z2-7]{16}", lines[0])
    assert re.fullmatch(r"export AWS_SECRET_ACCESS_KEY=[A-Za-z0-9+/]{40}", lines[1])
    assert "can't be shown again" in result.stderr
    secret = lines[1].partition("=")[2]
    assert secret not in run("list", "--data", str(tmp_path)).output
    assert secret not in run("list", "--data", str(tmp_path), "--json").output


def test_smtp_credentials_of_a_key_are_shown_again_and_again(tmp_path: Path) -> None:
    key = made(tmp_path, "--name", "app", "--account", "123456789012")
    secret = key["SecretAccessKey"]
    lines = run("smtp", "--data", str(tmp_path)).stdout.splitlines()
    assert lines == [
        "server, STARTTLS   127.0.0.1:2587",
        "server, TLS        127.0.0.1:2465",
        f"user name          {key['AccessKeyId']}",
        f"password           {derive(secret, 'us-east-1')}  us-east-1",
    ]
    env = {"MAILGAUGE_SERVER_SMTP": "0.0.0.0:587,[::1]:2587", "MAILGAUGE_SERVICE_DOMAIN": "mail.example.com"}
    arguments = ["smtp", key["AccessKeyId"], "--data", str(tmp_path), "--json"]
    result = run(*arguments, "--region", "eu-west-1", "--region", "us-west-2", env=env)
    shown = json.loads(result.stdout)
    assert [(each["Region"], each["Password"]) for each in shown] == [
        ("eu-west-1", derive(secret, "eu-west-1")),
        ("us-west-2", derive(secret, "us-west-2")),
    ]
    assert shown[0]["UserName"] == key["AccessKeyId"]
    assert shown[0]["StartTls"] == ["mail.example.com:587", "[::1]:2587"]


def test_smtp_credentials_that_would_not_work_are_not_shown(tmp_path: Path) -> None:
    def refusal(*arguments: str) -> str:
        result = run("smtp", "--data", str(tmp_path), *arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        return result.stderr

    one, other = (made(tmp_path, "--name", name, "--account", "123456789012") for name in ("one", "two"))
    assert "name one of the keys" in refusal()
    assert "there is no key AKIDUNKNOWN" in refusal("AKIDUNKNOWN")
    assert "regions does not name mars-east-1" in refusal(one["AccessKeyId"], "--region", "mars-east-1")
    for key in (one, other):
        run("disable", "--data", str(tmp_path), key["AccessKeyId"])
    assert "is disabled" in refusal(one["AccessKeyId"])
    assert "there is no key in use" in refusal()


def test_a_new_account_is_told(tmp_path: Path) -> None:
    arguments = ["create", "--data", str(tmp_path), "--name", "app", "--account", "123456789012"]
    assert "Made account 123456789012." in run(*arguments).stderr
    assert "Made account" not in run(*arguments).stderr
    assert "Made account 123456789013." in run(*arguments[:-1], "123456789013", "--json").stderr


def test_a_directory_that_nobody_made_gets_no_key(tmp_path: Path) -> None:
    result = run("create", "--data", str(tmp_path / "mistyped"), "--name", "app")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "mistyped holds no Mailgauge data" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_made_listed_and_disabled(tmp_path: Path) -> None:
    answer = made(tmp_path, "--name", "app", "--account", "123456789012", "--policy", "send")
    assert {k: answer[k] for k in ("Account", "UserName", "Policy", "Status")} == {
        "Account": "123456789012",
        "UserName": "app",
        "Policy": "send",
        "Status": "Active",
    }
    assert len(answer.pop("SecretAccessKey")) == 40
    assert listed(tmp_path) == [answer]
    result = run("disable", "--data", str(tmp_path), answer["AccessKeyId"])
    assert result.stdout == f"{answer['AccessKeyId']} of app in account 123456789012 is disabled.\n"
    assert listed(tmp_path)[0]["Status"] == "Inactive"
    table = run("list", "--data", str(tmp_path)).stdout
    assert answer["AccessKeyId"] in table
    assert "disabled" in table


def test_without_an_account_the_only_one_is_taken(tmp_path: Path) -> None:
    first = made(tmp_path, "--name", "a")
    assert made(tmp_path, "--name", "b")["Account"] == first["Account"]
    made(tmp_path, "--name", "c", "--account", "123456789012")
    result = run("create", "--data", str(tmp_path), "--name", "d")
    assert result.exit_code == 1
    assert "there are 2 accounts, name one with --account" in result.stderr


def test_keys_can_be_made_while_the_service_has_the_store_open(tmp_path: Path) -> None:
    service = SqliteStore.open(tmp_path / "mail.db")
    try:
        key = made(tmp_path, "--name", "a")
        assert key["AccessKeyId"] in run("list", "--data", str(tmp_path), "--json").stdout
    finally:
        service.close()


def test_the_master_key_may_lie_elsewhere(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "key"
    data.mkdir()
    env = {"MAILGAUGE_MASTER_KEY_FILE": str(file)}
    assert run("create", "--data", str(data), "--name", "a", env=env).exit_code == 0
    assert file.exists()
    assert not (data / "master.key").exists()


def test_without_its_master_key_a_store_gets_no_new_keys(tmp_path: Path) -> None:
    made(tmp_path, "--name", "a")
    (tmp_path / "master.key").unlink()
    result = run("create", "--data", str(tmp_path), "--name", "b")
    assert result.exit_code == 1
    assert "the master key can't be read" in result.stderr
    MasterKey.load_or_create(tmp_path / "master.key")
    assert "put back the master.key" in run("create", "--data", str(tmp_path), "--name", "b").stderr
    assert len(listed(tmp_path)) == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["create", "--name", "a", "--account", "12"], "an account has twelve digits, not '12'"),
        (["create", "--name", "a b"], "a user name has 1 to 64 letters"),
        (["disable", "AKIANOBODY"], "there is no key AKIANOBODY"),
    ],
)
def test_a_wrong_argument_is_told_in_one_line(tmp_path: Path, arguments: list[str], text: str) -> None:
    made(tmp_path, "--name", "first", "--account", "123456789012")
    result = run(arguments[0], "--data", str(tmp_path), *arguments[1:])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {text}")


def test_a_directory_without_a_store_is_told_so(tmp_path: Path) -> None:
    for command in (["list"], ["disable", "AKIANOBODY"]):
        result = run(command[0], "--data", str(tmp_path), *command[1:])
        assert result.exit_code == 1
        assert "holds no Mailgauge data: name the directory with --data or MAILGAUGE_DATA" in result.stderr
    assert list(tmp_path.iterdir()) == []


def webhook(data: Path, *arguments: str) -> dict[str, Any]:
    result = run("webhook", "--data", str(data), "--json", *arguments)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_secret_of_webhooks_is_shown_again_and_again_and_replaced_on_request(tmp_path: Path) -> None:
    made(tmp_path, "--name", "app", "--account", "123456789012")
    first = webhook(tmp_path)
    assert first["Account"] == "123456789012"
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", first["Secret"])
    assert first == webhook(tmp_path) == webhook(tmp_path, "--account", "123456789012")
    assert webhook(tmp_path, "--account", "210987654321")["Secret"] != first["Secret"]
    second = webhook(tmp_path, "--rotate")
    assert second["Secret"] != first["Secret"]
    assert second["Replaced"] == [first["Secret"]]
    lines = run("webhook", "--data", str(tmp_path)).stdout.splitlines()
    assert lines == [
        "account            123456789012",
        f"secret             {second['Secret']}",
        f"replaced by it     {first['Secret']}",
    ]


def test_a_webhook_secret_is_one_of_an_account(tmp_path: Path) -> None:
    made(tmp_path, "--name", "app", "--account", "123456789012")
    result = run("webhook", "--data", str(tmp_path), "--account", "12")
    assert result.exit_code != 0
    assert "an account has twelve digits, not '12'" in result.output
