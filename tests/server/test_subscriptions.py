"""Mail of a contact list: who is spared, what a link changes, and what the journal says of it."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.events import journal
from mailgauge.events.kinds import Kind
from mailgauge.ses import subscriptions
from mailgauge.ses.contact_lists import ContactListNotFoundError
from mailgauge.ses.subscriptions import Source
from mailgauge.ses.unsubscribe_app import unsubscribe_app
from mailgauge.ses.unsubscribe_links import Claim, Links
from mailgauge.store.transaction import Tx
from tests.server.room import HERE, SENDER, SET, Room

READER, LIST = "reader@example.net", "News"
LINKS = Links(b"secret", lambda: "http://localhost")


@pytest.fixture
async def listed(room: Room) -> Room:
    """A room with a list: ``weekly`` is in by default, ``offers`` out."""
    topics = [
        {"TopicName": name, "DisplayName": name.title(), "DefaultSubscriptionStatus": default}
        for name, default in (("weekly", "OPT_IN"), ("offers", "OPT_OUT"))
    ]
    await room.call("sesv2", "CreateContactList", ContactListName=LIST, Topics=topics)
    return room


async def send(room: Room, topic: str | None = "weekly", to: str = READER) -> str:
    answer = await room.call(
        "sesv2",
        "SendEmail",
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [to]},
        Content={"Simple": {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}}},
        ListManagementOptions={"ContactListName": LIST, **({"TopicName": topic} if topic else {})},
        ConfigurationSetName=SET,
    )
    await room.settle()
    return str(answer["MessageId"])


async def kinds(room: Room, message_id: str) -> list[Kind]:
    entries = await room.storage.mail.read(lambda tx: journal.of_message(tx, message_id))
    return [entry.kind for entry in entries]


def claim(message_id: str, topic: str | None = "weekly", address: str = READER) -> Claim:
    return Claim(HERE.key, LIST, topic, address, message_id)


async def leave(room: Room, of: Claim) -> None:
    now = room.clock.now()
    await room.storage.mail.write(lambda tx: subscriptions.unsubscribe(tx, of, Source.HEADER, now))


async def contact(room: Room, address: str = READER) -> Any:
    return await room.call("sesv2", "GetContact", ContactListName=LIST, EmailAddress=address)


async def test_a_topic_that_is_out_by_default_bounces_for_who_has_not_asked_for_it(listed: Room) -> None:
    assert await kinds(listed, await send(listed, "offers")) == [Kind.SEND, Kind.BOUNCE]
    await listed.call(
        "sesv2",
        "UpdateContact",
        ContactListName=LIST,
        EmailAddress=READER,
        TopicPreferences=[{"TopicName": "offers", "SubscriptionStatus": "OPT_IN"}],
    )
    assert await kinds(listed, await send(listed, "offers")) == [Kind.SEND, Kind.DELIVERY]


async def test_mail_without_a_topic_goes_to_all_who_have_not_left_the_list(listed: Room) -> None:
    await leave(listed, claim(await send(listed)))
    message_id = await send(listed, None)
    assert await kinds(listed, message_id) == [Kind.SEND, Kind.DELIVERY]
    await leave(listed, claim(message_id, None))
    assert await kinds(listed, await send(listed, None)) == [Kind.SEND, Kind.BOUNCE]
    assert await kinds(listed, await send(listed)) == [Kind.SEND, Kind.BOUNCE]


async def test_who_unsubscribed_is_not_suppressed_for_it(listed: Room) -> None:
    await leave(listed, claim(await send(listed)))
    await send(listed)
    assert (await listed.call("sesv2", "ListSuppressedDestinations"))["SuppressedDestinationSummaries"] == []
    assert listed.audit().differences == []


async def test_a_change_is_told_once_however_often_it_is_asked_for(listed: Room) -> None:
    message_id = await send(listed)
    await asyncio.gather(*(leave(listed, claim(message_id)) for _ in range(3)))
    await leave(listed, claim(message_id))
    assert (await kinds(listed, message_id)).count(Kind.SUBSCRIPTION) == 1


async def test_a_link_still_works_when_its_message_is_forgotten(listed: Room) -> None:
    message_id = await send(listed)
    listed.clock.step(61 * 86400)
    await listed.housekeeper.round()
    await leave(listed, claim(message_id))
    assert (await contact(listed))["TopicPreferences"]
    assert Kind.SUBSCRIPTION not in await kinds(listed, message_id)


async def test_a_link_speaks_for_a_contact_that_was_deleted_too(listed: Room) -> None:
    message_id = await send(listed)
    await listed.call("sesv2", "DeleteContact", ContactListName=LIST, EmailAddress=READER)
    await leave(listed, claim(message_id))
    assert await kinds(listed, await send(listed)) == [Kind.SEND, Kind.BOUNCE]


async def test_a_topic_that_is_gone_is_left_by_leaving_the_list(listed: Room) -> None:
    message_id = await send(listed)
    await listed.call("sesv2", "UpdateContactList", ContactListName=LIST, Topics=[])
    await leave(listed, claim(message_id))
    assert (await contact(listed))["UnsubscribeAll"] is True


async def test_mail_of_a_list_that_was_deleted_meanwhile_goes_out_and_its_link_says_so(listed: Room) -> None:
    message_id = await send(listed)
    await listed.call("sesv2", "DeleteContactList", ContactListName=LIST)
    with pytest.raises(ContactListNotFoundError):
        await leave(listed, claim(message_id))
    assert (await fetch(listed, "GET", claim(message_id)))[0] == 410


async def test_raw_mail_of_v1_names_its_list_in_a_field_and_an_unknown_one_is_refused(listed: Room) -> None:
    for name, code in ((LIST, None), ("Unknown", "InvalidParameterValue")):
        lines = [
            f"From: {SENDER}",
            "To: other@example.net",
            f"X-SES-LIST-MANAGEMENT-OPTIONS: {name}",
            "",
            "x",
        ]
        send_raw = listed.call("ses", "SendRawEmail", RawMessage={"Data": "\r\n".join(lines).encode()})
        if code is None:
            await send_raw
            assert (await contact(listed, "other@example.net"))["UnsubscribeAll"] is False
        else:
            with pytest.raises(AwsError) as refused:
                await send_raw
            assert refused.value.code == code


async def fetch(
    room: Room,
    method: str,
    of: Claim,
    body: bytes = b"",
    content_type: str = "application/x-www-form-urlencoded",
) -> tuple[int, str]:
    """What the page answers, its body in two pieces."""
    pieces = [
        {"type": "http.request", "body": body[:5], "more_body": True},
        {"type": "http.request", "body": body[5:], "more_body": False},
    ]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return pieces.pop(0)

    async def note(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    path = LINKS.url(of).removeprefix("http://localhost")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "/_unsubscribe",
        "headers": [(b"content-type", content_type.encode())],
    }
    await unsubscribe_app(room.storage.mail, LINKS, room.clock)(scope, receive, note)
    return int(sent[0]["status"]), sent[1]["body"].decode()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_look_changes_nothing(listed: Room, method: str) -> None:
    message_id = await send(listed)
    status, page = await fetch(listed, method, claim(message_id), b"List-Unsubscribe=One-Click")
    assert status == 200
    assert "Weekly" in page
    assert Kind.SUBSCRIPTION not in await kinds(listed, message_id)


async def test_one_click_comes_as_a_form_of_either_encoding(listed: Room) -> None:
    message_id = await send(listed)
    body = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    status, _ = await fetch(listed, "POST", claim(message_id), body, "multipart/form-data; boundary=b")
    assert status == 200
    assert (await contact(listed))["TopicPreferences"] == [
        {"TopicName": "weekly", "SubscriptionStatus": "OPT_OUT"}
    ]


async def test_a_form_of_forms_within_forms_is_no_wish_and_no_trouble(listed: Room) -> None:
    message_id = await send(listed)
    nested = b"".join(
        b"--b%d\r\nContent-Type: multipart/x; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(1300)
    )
    status, _ = await fetch(listed, "POST", claim(message_id), nested, "multipart/form-data; boundary=b0")
    assert (status, len(nested) > 60_000) == (200, True)
    assert (await contact(listed))["TopicPreferences"] == []


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("POST", b"", 200),
        ("POST", b"x" * 100_000, 200),
        ("POST", b"a=1&" * 200, 200),
        ("POST", b"action=other", 200),
        ("DELETE", b"", 405),
    ],
    ids=["empty", "too long", "too many", "unknown", "method"],
)
async def test_what_is_no_wish_changes_nothing(listed: Room, method: str, body: bytes, status: int) -> None:
    message_id = await send(listed)
    assert (await fetch(listed, method, claim(message_id), body))[0] == status
    assert (await contact(listed))["TopicPreferences"] == []


async def test_saving_states_only_what_differs_from_the_defaults(listed: Room) -> None:
    message_id = await send(listed)
    await fetch(listed, "POST", claim(message_id), b"action=save&topic=weekly")
    assert (await contact(listed))["TopicPreferences"] == []
    await fetch(listed, "POST", claim(message_id), b"action=save&topic=weekly&topic=offers&topic=unknown")
    assert (await contact(listed))["TopicPreferences"] == [
        {"TopicName": "offers", "SubscriptionStatus": "OPT_IN"}
    ]

    def events(tx: Tx) -> list[dict[str, Any]]:
        entries = journal.of_message(tx, message_id)
        return [entry.detail for entry in entries if entry.kind is Kind.SUBSCRIPTION]

    [detail] = await listed.storage.mail.read(events)
    assert detail["source"] == "UnsubscribeLink"
    assert detail["oldTopicPreferences"]["topicSubscriptionStatus"] == []


async def test_a_name_that_is_markup_stays_text(listed: Room) -> None:
    message_id = await send(listed)
    topics = [{"TopicName": "x", "DisplayName": "<script>", "DefaultSubscriptionStatus": "OPT_IN"}]
    await listed.call("sesv2", "UpdateContactList", ContactListName=LIST, Topics=topics, Description="<b>")
    _, page = await fetch(listed, "GET", claim(message_id, address='"<i>"@example.net'))
    assert not {"<script>", "<b>", "<i>"} & {each for each in ("<script>", "<b>", "<i>") if each in page}
