"""Subscribers by mail: what they are sent, and that it is sent once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mailgauge.base.scope import Scope
from mailgauge.iam.secrets import MasterKey
from mailgauge.sns import subscription_rows
from mailgauge.sns.deliveries import Kind
from mailgauge.sns.email import EmailEndpoint, Links
from mailgauge.sns.envelope import Envelopes
from mailgauge.sns.model import State
from mailgauge.sns.signing_key import SigningKey
from mailgauge.store.transaction import Tx
from tests.sns.delivery_world import ADDRESS, SCOPE, World, world

Mail = tuple[Scope, str, str, str]


def mailing(there: World) -> list[Mail]:
    """Makes the world's deliverer send mail, and returns where it goes."""
    sent: list[Mail] = []

    def send(tx: Tx, scope: Scope, to: str, subject: str, text: str) -> None:
        sent.append((scope, to, subject, text))

    links = Links(
        lambda each: f"{ADDRESS}/confirm/{each.token}", lambda each: f"{ADDRESS}/end/{each.subscription_arn}"
    )
    key = SigningKey(there.store, MasterKey(bytes(32)), "abc", "Mailgauge", there.clock.real)
    endpoint = EmailEndpoint(there.store, send, links, Envelopes(key, lambda: ADDRESS))
    there.deliverer = there.new_deliverer({"email": endpoint, "email-json": endpoint})
    return sent


async def test_a_notification_is_a_letter_with_a_way_out(tmp_path: Path) -> None:
    async with world(tmp_path, DisplayName="Alarms of the shop") as there:
        sent = mailing(there)
        made = await there.subscribe("anna@example.net", "email")
        await there.publish("It burns.", subject="Fire")
        await there.publish("It rains.")
        await there.rounds()
        assert await there.left() == []
    first, second = sent
    assert first[:3] == (SCOPE, "anna@example.net", "Fire")
    assert first[3].startswith("It burns.\n\n--\n")
    assert f"{ADDRESS}/end/{made.arn}\n" in first[3]
    assert second[2] == "Notification of Alarms of the shop"


async def test_email_json_is_the_whole_document(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        sent = mailing(there)
        await there.subscribe("anna@example.net", "email-json")
        await there.publish("It burns.", subject="Fire")
        await there.rounds()
    [(_, _, subject, text)] = sent
    assert subject == "Fire"
    assert json.loads(text)["Message"] == "It burns."
    assert json.loads(text)["Signature"]


@pytest.mark.parametrize("protocol", ["email", "email-json"])
async def test_people_are_asked_in_words_whether_they_want_them(tmp_path: Path, protocol: str) -> None:
    async with world(tmp_path) as there:
        sent = mailing(there)
        made = await there.subscribe("anna@example.net", protocol)
        pending = replace(made, state=State.PENDING)
        await there.store.write(lambda tx: subscription_rows.replace(tx, pending))
        await there.ask_to_confirm(pending, Kind.SubscriptionConfirmation)
        await there.rounds()
    [(_, to, subject, text)] = sent
    assert (to, subject) == ("anna@example.net", "Confirm notifications of alarms")
    assert f"\n{ADDRESS}/confirm/token\n" in text
    assert "amazon" not in (subject + text).lower()


async def test_a_mail_whose_delivery_was_settled_meanwhile_is_not_sent_again(tmp_path: Path) -> None:
    async with world(tmp_path) as there:
        sent = mailing(there)
        await there.subscribe("anna@example.net", "email")
        await there.publish("once")
        endpoint = there.deliverer.endpoints["email"]
        there.deliverer = there.new_deliverer()
        await there.round()
        [delivery] = there.endpoint.got
        await endpoint.deliver(delivery)
    assert sent == []


async def test_a_display_name_adds_no_line_to_a_letter(tmp_path: Path) -> None:
    async with world(tmp_path, DisplayName="Shop\r\nBcc: eve@example.net\x00") as there:
        sent = mailing(there)
        await there.subscribe("anna@example.net", "email")
        await there.publish("It rains.")
        await there.rounds()
    assert [subject for _, _, subject, _ in sent] == ["Notification of Shop  Bcc: eve@example.net"]
