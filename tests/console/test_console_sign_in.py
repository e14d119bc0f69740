"""Signing in and out, and what ends a session."""

from collections.abc import Callable
from dataclasses import replace

from starlette.types import ASGIApp

from mailgauge.base.clock import ManualClock
from mailgauge.console.door import Door, OpenDoor
from mailgauge.console.session import LASTS
from mailgauge.console.throttle import FAILURES, WINDOW
from mailgauge.iam import keys
from mailgauge.iam.active import ActiveKeys
from mailgauge.iam.keys import NewKey
from mailgauge.store.sqlite import SqliteStore
from tests.console.conftest import Page


async def test_an_access_key_signs_in_to_its_account_in_the_chosen_region(page: Page, key: NewKey) -> None:
    answer = await page.sign_in(key)
    assert answer.status == 200
    expected = {
        "signedIn": True,
        "open": False,
        "region": "eu-west-1",
        "account": "123456789012",
        "user": "ann",
    }
    assert answer.json == expected
    assert (await page.get("/api/session")).json == expected
    assert (await page.whoami()).json["Arn"] == "arn:aws:iam::123456789012:user/ann"


async def test_a_wrong_secret_and_an_unknown_key_are_refused_with_the_same_words(
    page: Page, key: NewKey
) -> None:
    wrong = await page.sign_in(replace(key, secret="guess"))
    unknown = await page.sign_in(replace(key, key=replace(key.key, access_key_id="AKIANOBODY")))
    assert (wrong.status, wrong.body) == (unknown.status, unknown.body)
    assert wrong.status == 403
    assert not page.cookies


async def test_nobody_gets_in_without_signing_in(page: Page) -> None:
    assert (await page.get("/api/session")).json["signedIn"] is False
    assert (await page.whoami()).status == 401


async def test_the_cookie_is_out_of_reach_for_scripts_other_sites_and_plain_http_where_there_is_tls(
    page: Page, key: NewKey
) -> None:
    plain = (await page.sign_in(key)).headers["set-cookie"].lower()
    assert "httponly" in plain
    assert "samesite=strict" in plain
    assert "path=/console" in plain
    assert "; secure" not in plain
    page.scheme = "https"
    assert "; secure" in (await page.sign_in(key)).headers["set-cookie"].lower()
    assert key.secret not in plain


async def test_a_cookie_that_was_tampered_with_is_no_session(page: Page, key: NewKey) -> None:
    await page.sign_in(key)
    (name, value), *_ = page.cookies.items()
    other = "B" if value[0] == "A" else "A"
    for forged in (
        f"{other}{value[1:]}",
        f"{value[:40]}{other * 4}{value[44:]}",
        value[:-4],
        value[:20],
        "",
        "é",
    ):
        page.cookies[name] = forged
        assert (await page.whoami()).status == 401


async def test_a_session_lasts_twelve_hours(page: Page, key: NewKey, clock: ManualClock) -> None:
    await page.sign_in(key)
    clock.step(LASTS - 1)
    assert (await page.whoami()).status == 200
    clock.step(1)
    assert (await page.whoami()).status == 401


async def test_disabling_the_key_ends_its_sessions(
    page: Page, key: NewKey, store: SqliteStore, active: ActiveKeys
) -> None:
    await page.sign_in(key)
    await store.write(lambda tx: keys.disable(tx, key.key.access_key_id, 1.0))
    active.forget(key.key.access_key_id)
    assert (await page.whoami()).status == 401
    assert (await page.sign_in(key)).status == 403


async def test_signing_out_takes_the_cookie_back(page: Page, key: NewKey) -> None:
    await page.sign_in(key)
    assert (await page.post("/api/sign-out", {})).json["signedIn"] is False
    assert not page.cookies


async def test_an_address_that_keeps_failing_has_to_wait_also_with_the_right_key(
    page: Page, key: NewKey, clock: ManualClock
) -> None:
    for _ in range(FAILURES):
        assert (await page.sign_in(replace(key, secret="guess"))).status == 403
    blocked = await page.sign_in(key)
    assert blocked.status == 429
    assert int(blocked.headers["retry-after"]) <= WINDOW + 1
    elsewhere = replace(page, address="192.0.2.2")
    assert (await elsewhere.sign_in(key)).status == 200
    clock.step(WINDOW)
    assert (await page.sign_in(key)).status == 200


async def test_a_sign_in_that_is_no_sign_in_is_refused(page: Page, key: NewKey) -> None:
    assert (await page.post("/api/sign-in", b"{")).status == 400
    assert (await page.post("/api/sign-in", {"accessKeyId": 1})).status == 400
    assert (await page.sign_in(key, region="no region")).status == 400


async def test_an_access_key_id_that_is_too_long_for_any_key_is_refused(page: Page) -> None:
    start = {"accessKeyId": "A" * 129, "secretAccessKey": "secret", "region": "us-east-1"}
    assert (await page.post("/api/sign-in", start)).status == 400
    assert (await page.post("/api/sign-in", start | {"accessKeyId": "A" * 128})).status == 403


async def test_the_open_mode_lets_anybody_in_and_takes_twelve_digits_for_the_account(
    make_app: Callable[[Door], ASGIApp],
) -> None:
    page = Page(make_app(OpenDoor()))
    start = (await page.get("/api/session")).json
    assert start == {
        "signedIn": False,
        "open": True,
        "region": "us-east-1",
        "account": "000000000000",
        "user": "",
    }
    for access_key_id, account in (("210987654321", "210987654321"), ("anything", "000000000000")):
        fields = {"accessKeyId": access_key_id, "secretAccessKey": "", "region": "us-east-1"}
        assert (await page.post("/api/sign-in", fields)).json["account"] == account
        assert (await page.whoami()).json["Account"] == account
