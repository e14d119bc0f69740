"""The link in a verification mail proves an address, for a day, and nothing else does."""

import re
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from mailgauge.base.clock import ManualClock
from mailgauge.base.scope import Scope
from mailgauge.ses.verification import Mode, Verification
from mailgauge.ses.verify_page import verify_app
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx
from tests.ses.control_client import NOW, Client

DAY = 24 * 3600.0
ADDRESS = "joe@shop.example"


@dataclass
class Outbox:
    """Where verification mails go: recipient, subject, text."""

    mails: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, tx: Tx, scope: Scope, to: str, subject: str, text: str) -> None:
        self.mails.append((to, subject, text))

    def token(self) -> str:
        found = re.search(r"^https://mail\.example/_verify\?token=(\S+)$", self.mails[-1][2], re.MULTILINE)
        assert found is not None
        return found[1]


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def verification(outbox: Outbox) -> Verification:
    return Verification(Mode.MAIL, "Mail of Example", b"secret", lambda: "https://mail.example/", outbox.send)


@pytest.fixture
def client(make_client: Callable[[Verification], Client], verification: Verification) -> Client:
    return make_client(verification)


async def confirmed(
    store: SqliteStore, verification: Verification, now: float, token: str, method: str = "POST"
) -> tuple[int, str]:
    """The status and the page that a browser gets when a person presses the button; with GET, before that."""
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("there is no body to read")

    app = verify_app(store, verification, ManualClock(now))
    await app({"type": "http", "method": method, "query_string": f"token={token}".encode()}, receive, send)
    return sent[0]["status"], sent[1]["body"].decode()


async def status(client: Client, name: str) -> str | None:
    found = await client.v1("GetIdentityVerificationAttributes", Identities=[name])
    return found["VerificationAttributes"].get(name, {}).get("VerificationStatus")  # type: ignore[no-any-return]


async def test_the_link_in_the_mail_verifies_the_address(
    client: Client, store: SqliteStore, verification: Verification, outbox: Outbox
) -> None:
    made = await client.v2("CreateEmailIdentity", EmailIdentity=ADDRESS)
    assert made["VerifiedForSendingStatus"] is False
    assert await status(client, ADDRESS) == "Pending"
    [(to, subject, _)] = outbox.mails
    assert (to, subject) == (ADDRESS, "Confirm your email address for Mail of Example")
    code, page = await confirmed(store, verification, NOW + DAY - 1, outbox.token())
    assert code == 200
    assert ADDRESS in page
    assert await status(client, ADDRESS) == "Success"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_opening_the_link_shows_a_button_and_confirms_nothing(
    client: Client, store: SqliteStore, verification: Verification, outbox: Outbox, method: str
) -> None:
    await client.v1("VerifyEmailIdentity", EmailAddress=ADDRESS)
    code, page = await confirmed(store, verification, NOW, outbox.token(), method)
    assert code == 200
    assert f"<strong>{ADDRESS}</strong>" in page
    assert '<form method="post">' in page
    assert await status(client, ADDRESS) == "Pending"


async def test_opening_a_link_that_proves_nothing_says_so(
    client: Client, store: SqliteStore, verification: Verification, outbox: Outbox
) -> None:
    await client.v1("VerifyEmailIdentity", EmailAddress=ADDRESS)
    late = await confirmed(store, verification, NOW + DAY + 1, outbox.token(), "GET")
    assert (late[0], "older than 24 hours" in late[1]) == (400, True)
    assert (await confirmed(store, verification, NOW, outbox.token(), "PUT"))[0] == 405


async def test_nothing_we_send_names_another_service(client: Client, outbox: Outbox) -> None:
    await client.v1("VerifyEmailIdentity", EmailAddress=ADDRESS)
    assert not re.search("amazon|aws|ses\\b", "".join(outbox.mails[0]), re.IGNORECASE)


async def test_after_a_day_the_link_is_dead_and_the_identity_has_failed(
    client: Client, store: SqliteStore, verification: Verification, outbox: Outbox
) -> None:
    await client.v1("VerifyEmailIdentity", EmailAddress=ADDRESS)
    code, page = await confirmed(store, verification, NOW + DAY + 1, outbox.token())
    assert (code, "older than 24 hours" in page) == (400, True)
    assert await status(client.at(NOW + DAY + 1), ADDRESS) == "Failed"


async def test_asking_again_sends_a_new_link(
    client: Client, store: SqliteStore, verification: Verification, outbox: Outbox
) -> None:
    await client.v1("VerifyEmailIdentity", EmailAddress=ADDRESS)
    later = client.at(NOW + 2 * DAY)
    await later.v1("VerifyEmailIdentity", EmailAddress=ADDRESS)
    assert await status(later, ADDRESS) == "Pending"
    assert (await confirmed(store, verification, NOW + 2 * DAY + 5, outbox.token()))[0] == 200


async def test_a_link_proves_nothing_for_an_identity_that_was_made_again(
    client: Client, store: SqliteStore, verification: Verification, outbox: Outbox
) -> None:
    await client.v1("VerifyEmailIdentity", EmailAddress=ADDRESS)
    old = outbox.token()
    await client.v1("DeleteIdentity", Identity=ADDRESS)
    assert (await confirmed(store, verification, NOW, old))[0] == 400
    await client.at(NOW + 5).v1("VerifyEmailIdentity", EmailAddress=ADDRESS)
    assert (await confirmed(store, verification, NOW + 6, old))[0] == 400
    assert await status(client.at(NOW + 6), ADDRESS) == "Pending"


@pytest.mark.parametrize("change", [lambda t: "", lambda t: t[:-2], lambda t: "x" + t, lambda t: t + ".x"])
async def test_a_link_that_was_changed_proves_nothing(
    client: Client,
    store: SqliteStore,
    verification: Verification,
    outbox: Outbox,
    change: Callable[[str], str],
) -> None:
    await client.v1("VerifyEmailIdentity", EmailAddress=ADDRESS)
    assert (await confirmed(store, verification, NOW, change(outbox.token())))[0] == 400
    assert await status(client, ADDRESS) == "Pending"


async def test_a_link_signed_with_another_secret_proves_nothing(
    client: Client, store: SqliteStore, outbox: Outbox
) -> None:
    await client.v1("VerifyEmailIdentity", EmailAddress=ADDRESS)
    other = Verification(Mode.MAIL, "Mail of Example", b"other")
    assert (await confirmed(store, other, NOW, outbox.token()))[0] == 400


async def test_a_domain_gets_no_mail_and_waits_for_its_records(client: Client, outbox: Outbox) -> None:
    made = await client.v2("CreateEmailIdentity", EmailIdentity="shop.example")
    assert (made["VerifiedForSendingStatus"], len(made["DkimAttributes"]["Tokens"])) == (False, 3)
    assert outbox.mails == []
    assert await status(client, "shop.example") == "Pending"
    assert await status(client.at(NOW + 3 * DAY + 1), "shop.example") == "Failed"
