"""The account: its switch, its quota, and the rolling day of recipients."""

import asyncio
from functools import partial

import pytest

from mailgauge.base.scope import Scope
from mailgauge.ses import account
from mailgauge.ses.account import Policy
from mailgauge.store.sqlite import SqliteStore
from mailgauge.store.transaction import Tx
from tests.ses.control_client import NOW, Client

DAY = 24 * 3600.0
SANDBOX = Policy(sandbox=True, max_24_hour_send=200.0, max_send_rate=1.0)


async def count(store: SqliteStore, scope: Scope, now: float, recipients: int) -> None:
    await store.write(partial(account.count_sent, scope=scope, now=now, recipients=recipients))


async def sent(store: SqliteStore, scope: Scope, now: float) -> int:
    return await store.read(lambda tx: account.sent_last_24_hours(tx, scope, now))


async def test_recipients_of_concurrent_sends_add_up(
    store: SqliteStore, here: Scope, elsewhere: Scope
) -> None:
    await asyncio.gather(*(count(store, here, NOW, n) for n in (1, 2, 3)), count(store, elsewhere, NOW, 10))
    await count(store, here, NOW + 60, 4)
    assert await sent(store, here, NOW + 60) == 10
    assert await sent(store, elsewhere, NOW + 60) == 10


async def test_a_day_later_they_no_longer_count(store: SqliteStore, here: Scope) -> None:
    await count(store, here, NOW, 5)
    await count(store, here, NOW + 3600, 7)
    assert await sent(store, here, NOW + DAY - 60) == 12
    assert await sent(store, here, NOW + DAY) == 7
    assert await sent(store, here, NOW + DAY + 3600) == 0


@pytest.mark.parametrize("minutes_later", [0, 1, 17, 59, 60, 61, 600, 1439, 1440, 1500])
async def test_every_minute_of_the_day_counts_and_none_before(
    store: SqliteStore, here: Scope, minutes_later: int
) -> None:
    start = int(NOW // 60)

    def fill(tx: Tx) -> None:
        for minute in range(start - 1500, start + 1):
            account.count_sent(tx, here, minute * 60.0, minute % 7)

    await store.write(fill)
    now = start + minutes_later
    expected = sum(minute % 7 for minute in range(now - 1439, start + 1))
    assert await sent(store, here, now * 60.0) == expected
    await store.write(lambda tx: account.forget_sent(tx, now * 60.0))
    assert await sent(store, here, now * 60.0) == expected


async def test_minutes_that_no_longer_count_are_dropped(store: SqliteStore, here: Scope) -> None:
    await count(store, here, NOW, 5)
    await count(store, here, NOW + 2 * DAY, 7)
    await store.write(lambda tx: account.forget_sent(tx, NOW + 2 * DAY))
    assert await store.read(lambda tx: tx.run("SELECT count(*) FROM sent_minute")) == [(1,)]
    assert await store.read(lambda tx: tx.run("SELECT count(*) FROM sent_hour")) == [(1,)]


async def test_a_new_account_sends(store: SqliteStore, here: Scope) -> None:
    assert await store.read(lambda tx: account.sending_enabled(tx, here))


async def test_both_apis_pause_the_same_account(client: Client) -> None:
    await client.v1("UpdateAccountSendingEnabled", Enabled=False)
    assert (await client.v2("GetAccount"))["SendingEnabled"] is False
    assert (await client.at(NOW, "eu-west-1").v2("GetAccount"))["SendingEnabled"] is True
    await client.v2("PutAccountSendingAttributes", SendingEnabled=True)
    assert await client.v1("GetAccountSendingEnabled") == {"Enabled": True}


async def test_the_quota_is_the_same_in_both_apis(client: Client, here: Scope, store: SqliteStore) -> None:
    await count(store, here, NOW, 3)
    quota = {"Max24HourSend": -1.0, "MaxSendRate": 1000.0, "SentLast24Hours": 3.0}
    assert await client.v1("GetSendQuota") == quota
    assert (await client.v2("GetAccount"))["SendQuota"] == quota


@pytest.mark.parametrize("policy", [Policy(), SANDBOX])
async def test_the_sandbox_shows(client: Client, policy: Policy) -> None:
    described = await client.with_policy(policy).v2("GetAccount")
    assert described["ProductionAccessEnabled"] is not policy.sandbox
    assert described["SendQuota"]["Max24HourSend"] == policy.max_24_hour_send
    assert described["EnforcementStatus"] == "HEALTHY"


async def test_details_are_shown_once_they_were_given(client: Client) -> None:
    assert "Details" not in await client.v2("GetAccount")
    given = {
        "MailType": "TRANSACTIONAL",
        "WebsiteURL": "https://example.com",
        "ContactLanguage": "EN",
        "UseCaseDescription": "Receipts",
        "AdditionalContactEmailAddresses": ["ops@example.com"],
    }
    await client.v2("PutAccountDetails", **given)
    assert (await client.v2("GetAccount"))["Details"] == given
    await client.v2("PutAccountDetails", MailType="MARKETING", WebsiteURL="https://example.net")
    assert (await client.v2("GetAccount"))["Details"] == {
        "MailType": "MARKETING",
        "WebsiteURL": "https://example.net",
    }


async def test_vdm_attributes_are_shown_once_they_were_given(client: Client) -> None:
    assert "VdmAttributes" not in await client.v2("GetAccount")
    given = {
        "VdmEnabled": "ENABLED",
        "DashboardAttributes": {"EngagementMetrics": "ENABLED"},
        "GuardianAttributes": {"OptimizedSharedDelivery": "DISABLED"},
    }
    await client.v2("PutAccountVdmAttributes", VdmAttributes=given)
    assert (await client.v2("GetAccount"))["VdmAttributes"] == given
    assert "VdmAttributes" not in await client.at(NOW, "eu-west-1").v2("GetAccount")


@pytest.mark.parametrize(("policy", "status"), [(Policy(), "GRANTED"), (SANDBOX, "PENDING")])
async def test_who_asks_for_production_access_sees_how_that_stands(
    client: Client, policy: Policy, status: str
) -> None:
    asking = client.with_policy(policy)
    await asking.v2(
        "PutAccountDetails",
        MailType="MARKETING",
        WebsiteURL="https://example.com",
        ProductionAccessEnabled=True,
    )
    account = await asking.v2("GetAccount")
    assert account["Details"]["ReviewDetails"] == {"Status": status}
    assert account["ProductionAccessEnabled"] is not policy.sandbox
