"""Commands as alarm actions: what they are given, how they end, and who may have them."""

import asyncio
import json
import sys
from pathlib import Path

from tests.server.acting import OWN, acting_in
from tests.server.room import Room


def script(path: Path, text: str) -> list[str]:
    path.write_text(text)
    return [sys.executable, "-I", str(path)]


async def test_a_command_gets_the_message_on_its_input_and_little_else(room: Room, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    page = script(
        tmp_path / "page.py",
        f"import json, os, sys\njson.dump([sys.stdin.read(), dict(os.environ), os.getcwd(), sys.argv[1:]], open({str(out)!r}, 'w'))",
    )
    async with acting_in(room, commands={"page": [*page, "--team", "a b;c"]}) as acting:
        await acting.ring(f"{OWN}:command/page")
        message, environment, folder, arguments = json.loads(out.read_text())
        assert json.loads(message)["AlarmName"] == "complaints"
        assert set(environment) - {"LC_CTYPE"} == {"PATH", "LANG", "MAILGAUGE_ACTION_ID"}
        assert (folder, arguments) == ("/", ["--team", "a b;c"])
        assert await acting.summaries() == [f"Successfully executed action {OWN}:command/page"]


async def test_a_command_that_fails_says_how_and_one_that_hangs_is_ended(room: Room, tmp_path: Path) -> None:
    commands = {
        "bad": script(tmp_path / "bad.py", "import sys\nprint('no\\x07pager', file=sys.stderr)\nsys.exit(3)"),
        "loud": script(tmp_path / "loud.py", "import sys\nsys.stdout.write('x' * 4_000_000)\nsys.exit(1)"),
        "none": ["/nonexistent/program"],
    }
    async with acting_in(room, commands=commands) as acting:
        for name, text in (
            ("bad", "bad ended with status 3: no?pager."),
            ("loud", f"loud ended with status 1: {'x' * 300}."),
            ("none", "/nonexistent/program can't be started: No such file or directory."),
        ):
            await acting.ring(f"{OWN}:command/{name}", name=name)
            rows = await room.storage.metrics.read(lambda tx: tx.run("SELECT problem FROM alarm_action"))
            assert rows == [(text,)]
            await room.storage.metrics.write(lambda tx: tx.run("DELETE FROM alarm_action"))


async def test_a_command_that_takes_too_long_is_ended_with_its_children(room: Room, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    hang = ["/bin/sh", "-c", f"sleep 600 & echo $! > {mark}; wait"]
    async with acting_in(room, commands={"hang": hang}, seconds=10) as acting:
        await acting.ring(f"{OWN}:command/hang")
        [warning] = await acting.warnings()
    assert "hang ran longer than 10 seconds." in warning
    child = int(mark.read_text())
    async with asyncio.timeout(60):
        while _is_running(child):  # noqa: ASYNC110 - the system ends it
            await asyncio.sleep(0.01)


async def test_only_configured_commands_are_run_and_none_where_everybody_may_come_in(room: Room) -> None:
    async with acting_in(room, commands={}) as acting:
        await acting.ring(f"{OWN}:command/page")
        assert (await acting.summaries())[0].endswith("There is no command page in the configuration.")
    async with acting_in(room, commands=None) as acting:
        await acting.ring(f"{OWN}:command/page", name="second")
        assert (await acting.summaries())[1].endswith(
            "Commands are not run in this mode: everybody may use it."
        )


def _is_running(process: int) -> bool:
    """What has ended may be left as a zombie where nobody collects orphans."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
