"""A person at the console: what they see and press, in words of the page. And programs that send, beside them."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.scenarios.service import REGION, Service

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

SENDER = "sender@example.com"

_accounts = itertools.count(100_000_000_001)


class Account:
    """An account of its own for each test, so that tests share one service and no metric."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.number = str(next(_accounts))
        self._ses: Any = None

    def client(self, name: str) -> Any:
        session = boto3.session.Session(self.number, "secret", region_name=REGION)
        return session.client(
            name, endpoint_url=self._service.http, config=Config(retries={"total_max_attempts": 1})
        )

    def send(self, times: int, to: str = "success", **more: Any) -> None:
        if self._ses is None:
            self._ses = self.client("sesv2")
            self._ses.create_email_identity(EmailIdentity=SENDER)
        for _ in range(times):
            self._ses.send_email(
                FromEmailAddress=SENDER,
                Destination={"ToAddresses": [f"{to}@simulator.amazonses.com"]},
                Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}},
                **more,
            )

    def count_by(self, *dimensions: str) -> None:
        """A configuration set ``counted`` whose metrics have these message tags as dimensions."""
        ses = self.client("sesv2")
        ses.create_configuration_set(ConfigurationSetName="counted")
        configured = [
            {
                "DimensionName": name,
                "DimensionValueSource": "MESSAGE_TAG",
                "DefaultDimensionValue": "none",
            }
            for name in dimensions
        ]
        ses.create_configuration_set_event_destination(
            ConfigurationSetName="counted",
            EventDestinationName="metrics",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE"],
                "CloudWatchDestination": {"DimensionConfigurations": configured},
            },
        )


class Console:
    """The page. Whatever the browser complains about is kept in ``complaints``."""

    def __init__(self, page: Page, service: Service) -> None:
        self.page = page
        self.url = service.addresses["console"]
        self.complaints: list[str] = []
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        # A refused sign-in or a stopped service is in the browser's own log, too; that is no fault of the page.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def open(self, hash_: str = "") -> None:
        self.page.goto(f"{self.url}/{hash_}")

    def sign_in(self, account: Account, hash_: str = "") -> None:
        self.open(hash_)
        self.page.get_by_label("Account").fill(account.number)
        self.press("Sign in")
        expect(self.page.get_by_role("heading", name="All metrics")).to_be_attached()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def walk_to(self, namespace: str, dimensions: str) -> None:
        """All metrics > namespace > dimension combination."""
        self.card(namespace).click()
        self.card(dimensions).click()
        here = self.page.get_by_role("navigation", name="Breadcrumb").locator("[aria-current=page]")
        expect(here).to_have_text(dimensions)

    def card(self, title: str) -> Locator:
        name = self.page.locator("strong", has_text=title).and_(self.page.get_by_text(title, exact=True))
        return self.page.get_by_role("button").filter(has=name)

    def row(self, *cells: str) -> Locator:
        rows = self.page.get_by_role("row")
        for cell in cells:
            rows = rows.filter(has=self.page.get_by_role("cell", name=cell, exact=True))
        return rows

    def tick(self, *cells: str) -> None:
        self.row(*cells).get_by_role("checkbox").check()

    def choose(self, control: str, option: str) -> None:
        self.page.get_by_role("region", name="Graph").get_by_label(control, exact=True).select_option(
            label=option
        )

    def legend(self, label: str) -> Locator:
        """The value that the legend shows for a line."""
        line = self.page.get_by_role("listitem").filter(has=self.page.get_by_text(label, exact=True))
        return line.locator(".value")

    def ink(self, color: tuple[int, int, int]) -> int:
        """How many pixels of the graph have this colour."""
        count = """(canvas, [r, g, b]) => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let n = 0;
            for (let i = 0; i < data.length; i += 4)
                if (data[i + 3] > 200 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 12) n++;
            return n;
        }"""
        return int(self.page.locator(".chart canvas").evaluate(count, list(color)))


@contextmanager
def visiting(browser: Browser, service: Service, **options: Any) -> Iterator[Console]:
    """A browser window of one's own at the console; afterwards, that nothing was complained about."""
    context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    console = Console(context.new_page(), service)
    try:
        yield console
    finally:
        context.close()
    assert console.complaints == []
