"""The simulator over real sockets: dialogues, and reports that are never lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailgauge.base.clock import ManualClock, SystemClock
from mailgauge.base.tasks import Supervisor
from mailgauge.mail import arf, autoreply
from mailgauge.simulator.reports import SCHEMA, newest
from mailgauge.simulator.server import Simulator
from mailgauge.smtp.client import Connections, Destination, Outcome, Tls
from mailgauge.smtp.server import Envelope, SmtpServer
from mailgauge.store.sqlite import SqliteStore

DOMAIN = "simulator.amazonses.com"
RETURN_PATH = "b-id@example.com"
MESSAGE = b"From: a@example.com\r\nMessage-ID: <m1@example.com>\r\nSubject: hi\r\n\r\nhello\r\n"


class Feedback:
    """A feedback listener that answers what it is told to, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.reply = "250 2.0.0 Ok"
        self.arrived = asyncio.Event()

    async def on_rcpt(self, envelope: Envelope, address: str) -> str:
        return "250 2.1.5 Ok"

    async def on_message(self, envelope: Envelope) -> str:
        if self.reply.startswith("2"):
            self.taken.append(envelope)
            self.arrived.set()
        return self.reply


class Setting:
    """A simulator, the listener it reports to, and a sender."""

    def __init__(
        self, store: SqliteStore, feedback: Feedback, listener: SmtpServer, connections: Connections
    ) -> None:
        self.store, self.feedback, self.listener, self.connections = store, feedback, listener, connections
        self.supervisor = Supervisor()
        self.simulator = self.simulator_again()

    def simulator_again(self) -> Simulator:
        to = ("127.0.0.1", self.listener.port)
        return Simulator(
            self.store, ManualClock(), self.connections, to, hostname="sim.example.com", report_after=0
        )

    async def send(self, *recipients: str, mail_from: str = RETURN_PATH, message: bytes = MESSAGE) -> Outcome:
        to = Destination("127.0.0.1", self.simulator.port, Tls.OFF)
        addresses = [f"{each}@{DOMAIN}" for each in recipients]
        return await self.connections.send(to, mail_from, addresses, message)

    def waiting(self) -> int:
        [(count,)] = self.store.read_now(lambda tx: tx.run("SELECT count(*) FROM simulator_report"))
        assert isinstance(count, int)
        return count


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[Setting]:
    store = SqliteStore.open(tmp_path / "mail.db", [SCHEMA])
    feedback = Feedback()
    listener = SmtpServer(feedback)
    await listener.start()
    connections = Connections(SystemClock(), "out.example.com")
    made = Setting(store, feedback, listener, connections)
    await made.simulator._server.start()
    yield made
    await made.supervisor.close()
    await connections.close()
    await made.simulator.stop()
    await listener.stop()
    store.close()


async def test_one_message_meets_each_mailbox_in_its_way(setting: Setting) -> None:
    outcome = await setting.send("success", "success+label", "bounce", "nobody", "defer")
    assert {address.partition("@")[0]: reply.line for address, reply in outcome.replies.items()} == {
        "success": "250 2.0.0 Ok",
        "success+label": "250 2.0.0 Ok",
        "bounce": "550 5.1.1 user unknown",
        "nobody": "550 5.1.1 user unknown",
        "defer": "451 4.3.0 try again later",
    }


async def test_defer_delays_each_message_twice(setting: Setting) -> None:
    def code(outcome: Outcome) -> int:
        [reply] = outcome.replies.values()
        return reply.code

    assert [code(await setting.send("defer")) for _ in range(3)] == [451, 451, 250]
    assert code(await setting.send("defer", mail_from="b-other@example.com")) == 451
    assert code(await setting.send("defer+2")) == 451


async def test_a_complaint_is_reported_to_the_return_path_once_for_all_who_complain(setting: Setting) -> None:
    assert (await setting.send("complaint", "complaint+2", "success")).accepted
    assert await setting.simulator.send_waiting()
    [report] = setting.feedback.taken
    assert (report.mail_from, report.recipients) == ("", [RETURN_PATH])
    parsed = arf.parse(report.content)
    assert parsed.original_rcpt_to == (f"complaint@{DOMAIN}", f"complaint+2@{DOMAIN}")
    assert (parsed.feedback_type, parsed.original_message_id) == ("abuse", "<m1@example.com>")
    assert parsed.arrival_date == "Sun, 15 Jun 2025 15:06:40 +0000"
    assert setting.waiting() == 0


async def test_a_report_kept_while_others_are_sent_waits_until_its_own_delivery_is_known(
    setting: Setting,
) -> None:
    await setting.send("complaint")
    first = await setting.store.read(newest)
    await setting.send("complaint", mail_from="b-other@example.com")
    assert await setting.simulator.send_waiting(first)
    assert [each.recipients for each in setting.feedback.taken] == [[RETURN_PATH]]
    assert setting.waiting() == 1


async def test_somebody_away_answers_the_return_path(setting: Setting) -> None:
    await setting.send("ooto")
    await setting.simulator.send_waiting()
    [answer] = setting.feedback.taken
    assert autoreply.is_auto_reply(answer.content)
    assert answer.recipients == [RETURN_PATH]


async def test_nothing_answers_a_program_or_the_null_sender(setting: Setting) -> None:
    await setting.send("ooto", message=b"Auto-Submitted: auto-replied\r\n\r\n")
    await setting.send("ooto", "complaint", mail_from="")
    assert setting.waiting() == 0


async def test_a_report_waits_until_it_is_taken_also_over_a_restart(setting: Setting) -> None:
    setting.feedback.reply = "451 4.3.0 not now"
    await setting.send("complaint")
    assert not await setting.simulator.send_waiting()
    assert setting.waiting() == 1
    again = setting.simulator_again()
    setting.feedback.reply = "250 2.0.0 Ok"
    assert await again.send_waiting()
    assert len(setting.feedback.taken) == 1


async def test_a_report_that_is_refused_for_good_is_given_up(setting: Setting) -> None:
    setting.feedback.reply = "550 5.7.1 not ours"
    await setting.send("complaint")
    assert await setting.simulator.send_waiting()
    assert setting.waiting() == 0


async def test_the_running_simulator_reports_by_itself(setting: Setting) -> None:
    await setting.simulator.stop()
    setting.simulator = setting.simulator_again()
    await setting.simulator.start(setting.supervisor)
    await setting.send("complaint")
    await asyncio.wait_for(setting.feedback.arrived.wait(), 60)
    assert len(setting.feedback.taken) == 1
