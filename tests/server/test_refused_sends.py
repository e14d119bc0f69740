"""What sending costs those who did not ask for it: nothing, whether it is refused or large."""

import threading
from typing import Any

import pytest

from mailgauge.aws.request import Caller
from mailgauge.base.tasks import Wake
from mailgauge.mail.mime import SimpleMessage
from mailgauge.server.rate import SendRate
from mailgauge.ses import sending
from mailgauge.ses.account import Policy
from mailgauge.ses.composing import Composed, Submission, compose
from mailgauge.ses.refusals import DailyQuotaError, SendRateError
from mailgauge.ses.sending import Sending
from tests.server.room import HERE, SENDER, Room


def caller(room: Room) -> Caller:
    return Caller(HERE, "root", HERE.account, "127.0.0.1", None, "request", room.clock.now())


def to(*recipients: str, text: str = "Hello.") -> Submission:
    message = SimpleMessage(SENDER, recipients, subject="Hello", text=text)
    return Submission(
        operation="SendEmail",
        content=message,
        max_size=40_000_000,
        source=SENDER,
        recipients=list(recipients),
    )


async def test_a_refused_message_takes_nothing_of_the_sending_rate(room: Room) -> None:
    policy = Policy(sandbox=False, max_24_hour_send=2, max_send_rate=3)
    door = Sending(room.storage.mail, policy, "localhost", Wake(), Wake(), SendRate(3))
    with pytest.raises(DailyQuotaError):
        await door.send(caller(room), to("a@example.net", "b@example.net", "c@example.net"))
    await door.send(caller(room), to("a@example.net", "b@example.net"))


async def test_the_sending_rate_refuses_what_nothing_else_does(room: Room) -> None:
    policy = Policy(sandbox=False, max_24_hour_send=-1, max_send_rate=1)
    door = Sending(room.storage.mail, policy, "localhost", Wake(), Wake(), SendRate(1))
    await door.send(caller(room), to("a@example.net"))
    with pytest.raises(SendRateError):
        await door.send(caller(room), to("b@example.net"))


@pytest.mark.parametrize(("size", "on_loop"), [(100, True), (1_000_000, False)])
async def test_nobody_waits_while_a_large_message_is_composed(
    room: Room, monkeypatch: pytest.MonkeyPatch, size: int, on_loop: bool
) -> None:
    threads: list[threading.Thread] = []

    def watched(*arguments: Any) -> Composed:
        threads.append(threading.current_thread())
        return compose(*arguments)

    monkeypatch.setattr(sending, "compose", watched)
    door = Sending(room.storage.mail, Policy(), "localhost", Wake(), Wake(), SendRate(0))
    await door.send(caller(room), to("a@example.net", text="x\r\n" * (size // 3)))
    assert [each is threading.current_thread() for each in threads] == [on_loop]
