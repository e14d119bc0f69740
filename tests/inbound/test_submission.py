"""Submission as a dialogue: who is asked what, and SES's reply to each refusal, in one line whatever it quotes."""

import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest
import trustme

from mailgauge.base.scope import Scope
from mailgauge.iam.policies import Policy, denial
from mailgauge.iam.smtp_login import Login
from mailgauge.inbound.submission import Submission
from mailgauge.inbound.submission_replies import refused
from mailgauge.ses import errors, refusals
from mailgauge.ses.errors import SesError
from mailgauge.smtp.server import Access, Envelope, SmtpServer
from tests.smtp.talking import HELLO, MAIL, RCPT, Talk, serving, talking

LOGIN = Login(Scope("111122223333", "us-east-1"), "shop", "AKIDEXAMPLE", Policy.SEND)


@dataclass
class Desk:
    """The logins and the sending service of a test."""

    refusal: Exception | None = None
    is_in: bool = True
    sent: list[tuple[Login, Envelope]] = field(default_factory=list)

    async def log_in(self, user_name: str, password: str) -> Login | None:
        return LOGIN if password == "right" else None

    async def still(self, login: Login) -> bool:
        return self.is_in

    async def submit(self, login: Login, envelope: Envelope) -> str:
        if self.refusal is not None:
            raise self.refusal
        self.sent.append((login, envelope))
        return "0100-the-id"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def peer(desk: Desk) -> AsyncIterator[Talk]:
    """A client that has logged in."""
    authority = trustme.CA()
    server_tls, client_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server_tls)
    authority.configure_trust(client_tls)
    submission = Submission(desk, desk.submit)
    access = Access(server_tls, submission.authenticate, implicit_tls=True, on_mail=submission.on_mail)
    async with serving(SmtpServer(submission, access=access)) as port, talking(port, client_tls) as talk:
        assert (await talk.say(HELLO)).endswith("250 Ok")
        assert await talk.say("AUTH PLAIN AG1lAHdyb25n") == "535 Authentication Credentials Invalid"
        assert await talk.say("AUTH PLAIN AG1lAHJpZ2h0") == "235 Authentication successful."
        yield talk


async def submit(peer: Talk) -> str:
    assert (await peer.each(MAIL, RCPT, "DATA"))[:2] == ["250 Ok", "250 Ok"]
    return await peer.say("Subject: x\r\n\r\nHello.\r\n.")


async def test_the_reply_to_a_message_names_its_id(peer: Talk, desk: Desk) -> None:
    assert await submit(peer) == "250 Ok 0100-the-id"
    [(login, envelope)] = desk.sent
    assert login is LOGIN
    assert (envelope.mail_from, envelope.recipients) == ("a@example.com", ["b@example.com"])


@pytest.mark.parametrize("address", ["", "a", "a@", "@b", "a b@c.example", "a..b@c.example", "a@b_c.example"])
async def test_what_is_no_address_is_refused_where_it_is_said(peer: Talk, desk: Desk, address: str) -> None:
    assert await peer.say(f"MAIL FROM:<{address}>") == f"553 <{address}> Invalid email address"
    await peer.say(MAIL)
    assert await peer.say(f"RCPT TO:<{address}>") == f"553 <{address}> address unknown"


async def test_a_key_that_was_disabled_meanwhile_ends_at_the_next_message(peer: Talk, desk: Desk) -> None:
    assert (await submit(peer)).startswith("250")
    desk.is_in = False
    assert await peer.say(MAIL) == "535 Authentication Credentials Invalid"
    assert (await peer.say(RCPT)).startswith("503")


async def test_what_a_dialogue_piles_up_is_bounded(peer: Talk) -> None:
    await peer.say(MAIL)
    peer.throw(b"".join(b"RCPT TO:<%d@example.com>\r\n" % number for number in range(1001)))
    assert [await peer.heard() for _ in range(1001)] == ["250 Ok"] * 1000 + ["452 Too many recipients"]


async def test_a_fault_of_ours_is_to_be_tried_again_and_stays_inside(peer: Talk, desk: Desk) -> None:
    desk.refusal = OSError("secret detail")
    assert await submit(peer) == "451 Temporary service failure"
    desk.refusal = None
    assert await submit(peer) == "250 Ok 0100-the-id"


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (refusals.DailyQuotaError(), "454 Throttling failure: Daily message quota exceeded"),
        (refusals.SendRateError(), "454 Throttling failure: Maximum sending rate exceeded"),
        (
            refusals.NotAuthorizedError(
                denial("arn:aws:iam::1:user/x", "ses", "SendRawEmail", "arn:aws:ses:y")
            ),
            (
                "554 Access denied: User arn:aws:iam::1:user/x is not authorized to perform ses:SendRawEmail on "
                "resource arn:aws:ses:y"
            ),
        ),
        (errors.InvalidParameterError("one\r\n250 Ok two"), "554 Transaction failed: one??250 Ok two"),
        (
            refusals.NotVerifiedError("eu-west-1", ["a@b.example"]),
            (
                "554 Message rejected: Email address is not verified. The following identities failed the check in "
                "region EU-WEST-1: a@b.example"
            ),
        ),
    ],
)
async def test_a_refusal_is_told_in_the_words_of_ses(
    peer: Talk, desk: Desk, error: SesError, reply: str
) -> None:
    desk.refusal = error
    assert await submit(peer) == reply
    assert await peer.say("NOOP") == "250 Ok"


def _kinds(kind: type[SesError]) -> Iterator[type[SesError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _kinds(each)


@pytest.mark.parametrize("kind", list(_kinds(SesError)), ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_reply(kind: type[SesError]) -> None:
    error = kind.__new__(kind)
    assert refused(error).startswith(("454 ", "554 "))
