"""``mailgauge alarms`` proposes the alarms every sender should have, makes them on request, and lists what there is."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailgauge.base.scope import Scope
from mailgauge.cli.main import main
from mailgauge.cloudwatch.alarms import mute_store, store
from mailgauge.cloudwatch.alarms.alarm import Alarm, StateValue
from mailgauge.cloudwatch.alarms.mute_rule import MuteRule
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from mailgauge.ses import configuration_sets
from mailgauge.store.transaction import Tx

SCOPE = Scope("000000000000", "us-east-1")
TOPIC = "arn:aws:sns:us-east-1:000000000000:on-call"
OWN = "arn:aws:mailgauge:us-east-1:000000000000:"
NAMES = [
    "SES-bounce-rate-pause",
    "SES-bounce-rate-warning",
    "SES-complaint-rate-pause",
    "SES-complaint-rate-warning",
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = DataDirectory(tmp_path)
    directory.create()
    Storage.open(directory).close()
    return tmp_path


def run(data: Path, *words: str, fails: bool = False) -> str:
    result = CliRunner().invoke(main, ["alarms", *words, "--data", str(data)], catch_exceptions=False)
    assert result.exit_code == int(fails), result.output
    return result.output


def alarms(data: Path) -> dict[str, Alarm]:
    def read(tx: Tx) -> dict[str, Alarm]:
        rows = tx.run("SELECT name FROM alarm WHERE scope = ? ORDER BY name", (SCOPE.key,))
        found = [store.get(tx, SCOPE, name) for (name,) in rows]
        return {each.name: each for each in found if each is not None}

    storage = Storage.open(DataDirectory(data))
    try:
        return storage.metrics.read_now(read)
    finally:
        storage.close()


def add_set(data: Path, name: str) -> None:
    storage = Storage.open(DataDirectory(data))
    try:
        asyncio.run(storage.mail.write(lambda tx: configuration_sets.create(tx, SCOPE, name, 0.0)))
    finally:
        storage.close()


def test_nothing_is_made_unasked(data: Path) -> None:
    output = run(data, "suggest", "--topic", TOPIC)
    assert "SES-bounce-rate-warning: Reputation.BounceRate >= 5 % (new)" in output
    assert "SES-bounce-rate-pause: Reputation.BounceRate >= 10 % (new)" in output
    assert "SES-complaint-rate-warning: Reputation.ComplaintRate >= 0.1 % (new)" in output
    assert "SES-complaint-rate-pause: Reputation.ComplaintRate >= 0.5 % (new)" in output
    assert "They tell nobody" not in output
    assert "None of them pauses sending" in output
    assert output.endswith("Nothing was changed. With --create they are made.\n")
    assert alarms(data) == {}


def test_that_nobody_would_be_told_is_said(data: Path) -> None:
    output = run(data, "suggest", "--pause")
    assert "They tell nobody: --mail and --topic name who is told." in output
    assert "None of them pauses sending" not in output


def test_they_are_made_with_their_actions_and_only_the_higher_thresholds_pause(data: Path) -> None:
    run(data, "suggest", "--topic", TOPIC, "--mail", "ops@example.com", "--pause", "--create")
    made = alarms(data)
    assert list(made) == NAMES
    told = (TOPIC, f"{OWN}mail/ops@example.com")
    for name, alarm in made.items():
        configuration = alarm.configuration
        assert configuration.ok_actions == told
        assert configuration.alarm_actions == (
            (*told, f"{OWN}pause-sending") if name.endswith("pause") else told
        )
        assert alarm.state.value is StateValue.INSUFFICIENT_DATA


def test_run_again_they_are_left_alone(data: Path) -> None:
    run(data, "suggest", "--create")
    before = alarms(data)
    output = run(data, "suggest", "--create")
    assert output.count("(is there)") == 4
    assert "0 alarms were put" in output
    assert alarms(data) == before


def test_what_somebody_has_changed_is_replaced_only_on_request(data: Path) -> None:
    run(data, "suggest", "--create")
    output = run(data, "suggest", "--create", "--topic", TOPIC)
    assert output.count("(is there, and differs)") == 4
    assert "stay as they are without --create --replace" in output
    assert alarms(data)[NAMES[0]].configuration.alarm_actions == ()
    assert "4 alarms were put" in run(data, "suggest", "--create", "--topic", TOPIC, "--replace")
    assert alarms(data)[NAMES[0]].configuration.alarm_actions == (TOPIC,)


def test_a_configuration_set_has_alarms_of_its_own_that_pause_it_alone(data: Path) -> None:
    add_set(data, "news")
    output = run(data, "suggest", "--set", "news", "--pause", "--create")
    assert "news publishes no rates yet" in output
    made = alarms(data)
    assert len(made) == 8
    pausing = made["SES-complaint-rate-pause-news"].configuration
    assert pausing.dimensions == (("ses:configuration-set", "news"),)
    assert pausing.alarm_actions == (f"{OWN}pause-sending/news",)


def test_what_is_not_there_or_elsewhere_is_told(data: Path) -> None:
    assert "there is no configuration set nowhere" in run(data, "suggest", "--set", "nowhere", fails=True)
    elsewhere = TOPIC.replace("us-east-1", "eu-west-1")
    assert "is no target in the Region us-east-1" in run(data, "suggest", "--topic", elsewhere, fails=True)
    many = [word for number in range(5) for word in ("--mail", f"a{number}@example.com")]
    assert "Invalid arn syntax" in run(data, "suggest", "--mail", "nonsense", "--create", fails=True)
    assert "twelve digits" in run(data, "suggest", "--account", "12", "--create", fails=True)
    assert alarms(data) == {}
    assert "at most 5 actions" in run(data, "suggest", "--pause", *many, fails=True)


def test_alarms_are_listed_with_their_states_and_reasons(data: Path) -> None:
    assert "There are no alarms in account 000000000000" in run(data, "list")
    run(data, "suggest", "--create")
    lines = run(data, "list").splitlines()
    assert [line.split(": ")[1] for line in lines] == NAMES
    assert lines[0].startswith("INSUFFICIENT_DATA since 20")
    assert lines[0].endswith(": Unchecked: Initial alarm creation")


def test_the_list_says_which_alarms_are_muted(data: Path) -> None:
    run(data, "suggest", "--create")
    rule = MuteRule(SCOPE, "always", "cron(0 0 * * *)", "P1D", "UTC", (NAMES[0],), 0)
    storage = Storage.open(DataDirectory(data))
    try:
        asyncio.run(storage.metrics.write(lambda tx: mute_store.put(tx, rule)))
    finally:
        storage.close()
    lines = run(data, "list").splitlines()
    assert " (muted until " in lines[0]
    assert not any("muted" in line for line in lines[1:])
