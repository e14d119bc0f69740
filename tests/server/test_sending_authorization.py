"""Sending from another account's identity, as its policies allow, and MAIL FROM domains that refuse."""

import json
from typing import Any

import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.base.scope import Scope
from mailgauge.events import journal
from mailgauge.events.facts import Facts
from tests.server.room import HERE, Room

OWNER = Scope("999988887777", "us-east-1")
IDENTITY = "arn:aws:ses:us-east-1:999988887777:identity/owner.example"
TO = "success@simulator.amazonses.com"


@pytest.fixture
async def delegated(bare_room: Room) -> Room:
    await bare_room.call("ses", "VerifyDomainIdentity", OWNER, Domain="owner.example")
    return bare_room


async def put_policy(room: Room, name: str = "delegate", **changes: Any) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": HERE.account},
        "Action": ["ses:SendEmail", "ses:SendRawEmail"],
        "Resource": IDENTITY,
        **changes,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    await room.call(
        "ses", "PutIdentityPolicy", OWNER, Identity="owner.example", PolicyName=name, Policy=policy
    )


async def send_v1(room: Room, source: str = "news@owner.example", **more: Any) -> str:
    answer = await room.call(
        "ses",
        "SendEmail",
        Source=source,
        Destination={"ToAddresses": [TO]},
        Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}},
        **more,
    )
    return str(answer["MessageId"])


async def refusal(room: Room, **more: Any) -> AwsError:
    with pytest.raises(AwsError) as refused:
        await send_v1(room, **more)
    return refused.value


async def facts_of(room: Room, message_id: str) -> Facts:
    found = await room.storage.mail.read(lambda tx: journal.get_facts(tx, [message_id]))
    return found[message_id]


async def test_without_the_owners_leave_nobody_sends(delegated: Room) -> None:
    assert (await refusal(delegated)).code == "MessageRejected"
    error = await refusal(delegated, SourceArn=IDENTITY)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == (
        f"User: arn:aws:iam::{HERE.account}:root is not authorized to perform: ses:SendEmail on resource: {IDENTITY}"
    )


async def test_with_it_the_delegate_sends_and_both_accounts_are_named(delegated: Room) -> None:
    await put_policy(delegated)
    found = await facts_of(delegated, await send_v1(delegated, SourceArn=IDENTITY))
    assert (found.account, found.source_arn) == (HERE.account, IDENTITY)


async def test_v2_and_raw_messages_carry_it_too(delegated: Room) -> None:
    await put_policy(delegated)
    sent = await delegated.call(
        "sesv2",
        "SendEmail",
        FromEmailAddress="News <news@owner.example>",
        FromEmailAddressIdentityArn=IDENTITY,
        Destination={"ToAddresses": [TO]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
    )
    assert (await facts_of(delegated, sent["MessageId"])).source_arn == IDENTITY
    raw = f"From: news@owner.example\r\nTo: {TO}\r\nX-SES-SOURCE-ARN: {IDENTITY}\r\n\r\nt\r\n".encode()
    sent = await delegated.call("ses", "SendRawEmail", RawMessage={"Data": raw})
    assert (await facts_of(delegated, sent["MessageId"])).source_arn == IDENTITY


async def test_a_denial_wins_and_conditions_count(delegated: Room) -> None:
    only_news = {"StringEquals": {"ses:FromAddress": "news@owner.example"}}
    await put_policy(delegated, Condition=only_news)
    await send_v1(delegated, SourceArn=IDENTITY)
    assert (await refusal(delegated, source="ann@owner.example", SourceArn=IDENTITY)).code == "AccessDenied"
    await put_policy(
        delegated, "deny", Effect="Deny", Condition={"StringLike": {"ses:Recipients": "success@*"}}
    )
    assert (await refusal(delegated, SourceArn=IDENTITY)).code == "AccessDenied"


async def test_an_allowed_identity_still_has_to_cover_the_address(delegated: Room) -> None:
    await put_policy(delegated)
    error = await refusal(delegated, source="joe@other.example", SourceArn=IDENTITY)
    assert error.code == "MessageRejected"


@pytest.mark.parametrize("arn", ["owner.example", IDENTITY.replace("us-east-1", "eu-west-1")])
async def test_an_arn_is_of_an_identity_in_this_region(delegated: Room, arn: str) -> None:
    assert (await refusal(delegated, SourceArn=arn)).code == "InvalidParameterValue"


async def test_the_arn_of_an_own_identity_is_no_more_than_its_name(delegated: Room) -> None:
    await delegated.call("ses", "VerifyDomainIdentity", Domain="mine.example")
    own = f"arn:aws:ses:us-east-1:{HERE.account}:identity/mine.example"
    found = await facts_of(delegated, await send_v1(delegated, "a@mine.example", SourceArn=own))
    assert found.source_arn == own


async def test_mail_is_refused_while_a_mail_from_domain_that_refuses_is_unproven(delegated: Room) -> None:
    await delegated.call("ses", "VerifyDomainIdentity", Domain="mine.example")
    setting = {
        "Identity": "mine.example",
        "MailFromDomain": "bounce.mine.example",
        "BehaviorOnMXFailure": "RejectMessage",
    }
    await delegated.call("ses", "SetIdentityMailFromDomain", HERE, **setting)
    await send_v1(delegated, "a@mine.example")
    await delegated.storage.mail.write(lambda tx: tx.run("UPDATE identity_mail_from SET status = 'PENDING'"))
    error = await refusal(delegated, source="a@mine.example")
    assert error.code == "MailFromDomainNotVerifiedException"
    await delegated.call("ses", "VerifyEmailIdentity", EmailAddress="b@mine.example")
    error = await refusal(delegated, source="b@mine.example")
    assert error.code == "MailFromDomainNotVerifiedException"
    setting["BehaviorOnMXFailure"] = "UseDefaultValue"
    await delegated.call("ses", "SetIdentityMailFromDomain", HERE, **setting)
    await send_v1(delegated, "a@mine.example")
