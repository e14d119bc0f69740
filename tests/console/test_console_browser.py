"""The console's first page in Debian's chromium, against the real process and metrics of mail that was really sent."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.console.browser import ARGUMENTS, Account, Console, visiting
from tests.scenarios.service import Service, clean_environment, running, wait_until
from tools.console import STATIC
from tools.system_packages import find

CHROMIUM = find("chromium")
BLUE = (0x2F, 0x7D, 0xE1)
ACCOUNT = "Account Sending Metrics"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="SKIPPED: the console in a browser: chromium is missing"),
    pytest.mark.skipif(
        not (STATIC / "index.html").exists(), reason="SKIPPED: the console in a browser: it is not built"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("console") / "data") as started:
        yield started


@pytest.fixture
def account(service: Service) -> Account:
    return Account(service)


@pytest.fixture
def console(browser: Browser, service: Service) -> Iterator[Console]:
    with visiting(browser, service) as visited:
        yield visited


def test_sent_mail_is_found_ticked_and_graphed_and_what_is_sent_next_appears_by_itself(
    console: Console, account: Account
) -> None:
    account.send(3)
    account.send(2, to="bounce")
    console.sign_in(account)
    expect(console.card("SES")).to_contain_text("metrics")
    console.walk_to("SES", ACCOUNT)
    console.tick("Send")
    console.choose("Period", "1 day")
    expect(console.legend("Send")).to_have_text("5")
    expect(console.page.get_by_role("img")).to_have_attribute("aria-label", re.compile("Send"))
    assert console.ink(BLUE) > 20

    console.tick("Bounce")
    expect(console.legend("Bounce")).to_have_text("2")
    account.send(4)
    expect(console.legend("Send")).to_have_text("9")  # nothing pressed: every 10 seconds by itself
    console.row("Send").get_by_role("checkbox").uncheck()
    expect(console.legend("Send")).to_have_count(0)


def test_statistic_and_period_change_what_is_graphed(console: Console, account: Account) -> None:
    account.client("cloudwatch").put_metric_data(
        Namespace="shop", MetricData=[{"MetricName": "Latency", "Values": [1, 2, 6], "Counts": [2, 1, 1]}]
    )
    console.sign_in(account, "#/metrics?refresh=1")
    console.walk_to("shop", "Metrics with no dimensions")
    console.tick("Latency")
    console.choose("Period", "1 hour")
    for statistic, value in (
        ("Average", "2.5"), ("Sum", "10"), ("Minimum", "1"), ("Maximum", "6"), ("Sample count", "4"),
    ):  # fmt: skip
        console.choose("Statistic", statistic)
        expect(console.legend("Latency")).to_have_text(value)
    console.choose("Statistic", "Other…")
    console.page.get_by_placeholder("p99.9").fill("no statistic")
    console.page.keyboard.press("Enter")
    expect(console.page.get_by_role("alert")).to_contain_text("could not be refreshed")
    console.choose("Statistic", "Sum")
    console.choose("Period", "7 days")
    expect(console.legend("Latency")).to_have_text("10")
    expect(console.page.get_by_role("alert")).to_have_count(0)


def test_dimension_combinations_are_browsed_searched_and_sorted(console: Console, account: Account) -> None:
    account.count_by("campaign", "genre")
    for campaign, times in (("spring", 2), ("autumn", 1)):
        tags = [{"Name": "campaign", "Value": campaign}, {"Name": "genre", "Value": "news"}]
        account.send(times, ConfigurationSetName="counted", EmailTags=tags)
    console.sign_in(account, "#/metrics?refresh=1")
    console.walk_to("SES", "campaign, genre")
    console.tick("spring", "Send")
    console.choose("Period", "1 day")
    expect(console.legend("Send")).to_have_text("2")
    console.tick("autumn", "Send")
    expect(console.legend("Send · autumn")).to_have_text("1")

    first = console.page.locator("tbody tr").first
    console.press("campaign")
    expect(first).to_contain_text("autumn")
    console.press("campaign")
    expect(first).to_contain_text("spring")
    console.page.get_by_role("searchbox").fill("AUTUMN send")
    expect(console.page.locator("tbody tr")).to_have_count(1)
    console.page.get_by_role("searchbox").fill("nowhere")
    expect(console.page.get_by_text("No metric matches")).to_be_visible()


def test_a_new_account_is_told_how_to_send_and_sees_the_first_metrics_come(
    console: Console, account: Account
) -> None:
    console.sign_in(account, "#/metrics?refresh=1")
    expect(console.page.get_by_role("heading", name="No metrics yet")).to_be_visible()
    expect(console.page.locator("pre")).to_contain_text(
        "aws sesv2 send-email --endpoint-url http://127.0.0.1:"
    )
    account.send(1)
    expect(console.card("SES")).to_be_visible()


def test_an_address_carries_the_graph_to_somebody_else(
    console: Console, account: Account, browser: Browser, service: Service
) -> None:
    account.send(2)
    console.sign_in(account)
    console.walk_to("SES", ACCOUNT)
    console.tick("Send")
    console.page.get_by_role("tab", name="Graphed metrics (1)").click()
    console.page.get_by_label("Label of Send").fill("Sent mail")
    console.page.keyboard.press("Tab")
    console.page.get_by_label("Statistic of Send").select_option(label="Maximum")
    console.page.get_by_label("Period of Send").select_option(label="6 hours")
    console.page.get_by_role("button", name="1d", exact=True).click()
    console.choose("Time zone", "UTC")
    expect(console.legend("Sent mail")).to_have_text("1")
    shared = console.page.url.partition("#")[2]
    with visiting(browser, service, color_scheme="dark") as other:
        other.sign_in(account, f"#{shared}")
        expect(other.legend("Sent mail")).to_have_text("1")
        expect(other.page.get_by_role("button", name="1d", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        other.page.go_back()
        other.page.go_forward()
        other.press("Remove Send")
        expect(other.page.get_by_text("No metric is graphed")).to_be_visible()


def test_the_back_button_goes_back_a_level_and_keeps_the_graph(console: Console, account: Account) -> None:
    account.send(1)
    console.sign_in(account)
    console.walk_to("SES", ACCOUNT)
    console.tick("Send")
    console.choose("Period", "1 day")
    expect(console.legend("Send")).to_have_text("1")
    console.page.reload()
    expect(console.legend("Send")).to_have_text("1")
    console.press("SES")
    expect(console.card(ACCOUNT)).to_be_visible()
    expect(console.legend("Send")).to_have_text("1")
    console.page.go_back()
    expect(console.row("Send").get_by_role("checkbox")).to_be_checked()


def test_a_range_is_dragged_out_of_the_graph_or_typed(console: Console, account: Account) -> None:
    account.send(1)
    console.sign_in(account)
    console.walk_to("SES", ACCOUNT)
    console.tick("Send")
    canvas = console.page.locator(".chart canvas")
    box = canvas.bounding_box()
    assert box is not None
    mouse = console.page.mouse
    mouse.move(box["x"] + 300, box["y"] + 100)
    mouse.down()
    mouse.move(box["x"] + 500, box["y"] + 110, steps=5)
    mouse.up()
    range_ = console.page.get_by_role("group", name="Time range")
    expect(range_).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d.* – "))
    expect(console.page.get_by_text("No data in this time range")).to_be_visible()
    console.press("Reset zoom")
    expect(range_.get_by_role("button", name="3h")).to_have_attribute("aria-pressed", "true")

    console.choose("Time zone", "UTC")
    console.press("Custom")
    console.page.get_by_label("From").fill("2026-01-02T03:04")
    console.page.get_by_label("To").fill("2026-01-01T03:04")
    expect(console.page.get_by_role("button", name="Apply")).to_be_disabled()
    console.page.get_by_label("To").fill("2026-01-02T04:04")
    console.press("Apply")
    expect(range_).to_contain_text("2026-01-02 03:04 – 2026-01-02 04:04")


def test_the_whole_path_is_walked_with_the_keyboard_alone(console: Console, account: Account) -> None:
    account.send(1)
    console.open()
    keyboard = console.page.keyboard
    console.page.get_by_label("Account").focus()
    keyboard.press("Control+A")
    keyboard.type(account.number)
    keyboard.press("Enter")
    for title in ("SES", ACCOUNT):
        expect(console.card(title)).to_be_visible()
        _tab_to(console, title)
        keyboard.press("Enter")
    _tab_to(console, "Metric name")
    # The rows follow the head of the table: Delivery or Send comes first.
    keyboard.press("Tab")
    keyboard.press("Space")
    expect(console.page.get_by_role("tab", name="Graphed metrics (1)")).to_be_visible()
    console.page.get_by_role("tab", name="Browse").focus()
    keyboard.press("ArrowRight")
    expect(console.page.get_by_role("columnheader", name="Colour")).to_be_visible()


def _tab_to(console: Console, text: str) -> None:
    """Presses the tabulator until what has the focus says ``text``."""
    for _ in range(60):
        console.page.keyboard.press("Tab")
        if text in str(console.page.evaluate("document.activeElement.innerText")).splitlines():
            return
    raise AssertionError(f"the tabulator does not come to {text!r}")


def test_an_access_key_signs_in_where_keys_are_checked_until_it_is_disabled(
    browser: Browser, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with running(data, mode="serve") as service, visiting(browser, service) as console:
        handed_out = wait_until(lambda: re.search(r"KEY_ID=(\S+)\s+export \w+=(\S+)", service.log()))
        assert handed_out is not None
        access_key_id, secret = handed_out.groups()
        console.open("#/metrics?refresh=1")
        console.page.get_by_label("Access key ID").fill(access_key_id)
        console.page.get_by_label("Secret access key").fill("guess")
        console.press("Sign in")
        expect(console.page.get_by_role("alert")).to_contain_text("don't match")
        console.page.get_by_label("Secret access key").fill(secret)
        console.press("Sign in")
        expect(console.page.get_by_role("heading", name="No metrics yet")).to_be_visible()
        disable = [
            sys.executable,
            "-m",
            "mailgauge.cli.main",
            "keys",
            "disable",
            access_key_id,
            "--data",
            str(data),
        ]
        subprocess.run(disable, check=True, capture_output=True, env=clean_environment())
        expect(console.page.get_by_text("Your session has ended")).to_be_visible()
        expect(console.page.get_by_label("Secret access key")).to_have_value("")


def test_signing_out_ends_the_session_and_a_stopped_service_is_named(
    browser: Browser, tmp_path: Path
) -> None:
    with running(tmp_path / "data") as service, visiting(browser, service) as console:
        account = Account(service)
        console.sign_in(account)
        console.press("Sign out")
        console.page.reload()
        console.sign_in(account)
        service.stop()
        console.press("Refresh now")
        expect(console.page.get_by_role("alert").first).to_contain_text("The service does not answer")
