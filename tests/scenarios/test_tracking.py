"""From a message with links to its Open and Click events, their metrics by link tag, and people told from machines."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from email.message import EmailMessage
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.scenarios.service import Service, running, wait_until

SENDER, READER = "sender@example.com", "reader@example.net"
SET = "tracked"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SHOP = "https://shop.example/offers?a=1&b=2"
HTML = (
    "<html><body><p>Grüße</p>"
    '<a href="https://shop.example/offers?a=1&amp;b=2" ses:tags="place:footer">Offers</a>'
    '<a href="http://shop.example/home">Home</a>'
    '<a ses:no-track href="https://shop.example/legal">Legal</a>'
    "</body></html>"
)


class Tracked:
    """A sender whose configuration set asks for opens and clicks."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.ses, self.cloudwatch = service.client("sesv2"), service.client("cloudwatch")
        self.ses.create_email_identity(EmailIdentity=SENDER)
        self.ses.create_email_identity(EmailIdentity="example.org")
        self.ses.create_configuration_set(ConfigurationSetName=SET)
        dimensions = {
            "opens": (["OPEN"], "mailgauge:engagement", "MESSAGE_TAG"),
            "clicks": (["CLICK", "SEND"], "place", "LINK_TAG"),
        }
        for name, (kinds, dimension, source) in dimensions.items():
            target = {
                "DimensionName": dimension,
                "DimensionValueSource": source,
                "DefaultDimensionValue": "none",
            }
            self.ses.create_configuration_set_event_destination(
                ConfigurationSetName=SET,
                EventDestinationName=name,
                EventDestination={
                    "Enabled": True,
                    "MatchingEventTypes": kinds,
                    "CloudWatchDestination": {"DimensionConfigurations": [target]},
                },
            )

    def send(self, html: str = HTML, **options: Any) -> tuple[str, str]:
        """The message's id, and its HTML as it arrived."""
        body = {"Subject": {"Data": "News"}, "Body": {"Html": {"Data": html}}}
        arguments = {"ConfigurationSetName": SET, "Content": {"Simple": body}, **options}
        message_id = self.ses.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [READER]},
            **{name: value for name, value in arguments.items() if value is not None},
        )["MessageId"]
        wait_until(lambda: self.events(message_id, "Delivery"))
        raw = self.service.get(f"/_aws/ses?id={message_id}")["messages"][0]["RawData"]
        message = message_from_string(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message_id, str(message.get_content())

    def events(self, message_id: str, kind: str) -> list[dict[str, Any]]:
        found = self.service.get(f"/_mailgauge/events?message={message_id}")["events"]
        return [each for each in found if each["eventType"] == kind]

    def visit(
        self, url: str, agent: str = BROWSER, method: str = "GET", host: str = ""
    ) -> tuple[HTTPResponse, bytes]:
        """Fetches a link of a message from the service, whatever host the link names; leads are not followed."""
        connection = HTTPConnection(urlsplit(self.service.http).netloc, timeout=60)
        try:
            parts = urlsplit(url)
            connection.request(
                method, parts.path, headers={"User-Agent": agent, "Host": host or parts.netloc}
            )
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def counted(self, metric: str, **dimensions: str) -> float:
        now = datetime.now(UTC)
        answer = self.cloudwatch.get_metric_statistics(
            Namespace="AWS/SES",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=3600,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in answer["Datapoints"]))


@pytest.fixture
def tracked(service: Service) -> Tracked:
    return Tracked(service)


def pixel_of(html: str) -> str:
    [found] = re.findall(r'<img [^>]*src="(http[^"]+/_t/o/[^"]+)"', html)
    return str(found)


def links_of(html: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', html)


def test_opens_and_clicks_are_answered_told_and_counted(tracked: Tracked) -> None:
    message_id, html = tracked.send()
    offers, home, legal = links_of(html)
    assert legal == "https://shop.example/legal"
    assert "ses:" not in html
    assert "Grüße" in html

    picture, body = tracked.visit(pixel_of(html))
    assert (picture.status, picture.getheader("Content-Type"), len(body)) == (200, "image/gif", 43)
    for link, target in ((offers, SHOP), (home, "http://shop.example/home")):
        answer, _ = tracked.visit(link, agent="curl/8.5.0")
        assert (answer.status, answer.getheader("Location")) == (302, target)
        assert "no-store" in (answer.getheader("Cache-Control") or "")
    tracked.visit(pixel_of(html), agent="Mozilla/5.0")
    tracked.visit(pixel_of(html), method="HEAD")

    clicks = wait_until(lambda: tracked.events(message_id, "Click"), lambda found: len(found) == 2)
    opens = wait_until(lambda: tracked.events(message_id, "Open"), lambda found: len(found) == 2)
    first = opens[0]["open"]
    assert (first["ipAddress"], first["userAgent"], first["isBotEvent"]) == ("127.0.0.1", BROWSER, "Unlikely")
    assert opens[0]["mail"]["tags"]["mailgauge:engagement"] == ["human"]
    assert (opens[1]["open"]["isBotEvent"], opens[1]["open"]["userAgent"]) == ("Likely", "Mozilla/5.0")
    assert [each["click"]["link"] for each in clicks] == [SHOP, "http://shop.example/home"]
    assert [each["click"]["linkTags"] for each in clicks] == [{"place": ["footer"]}, None]
    assert clicks[0]["click"]["isBotEvent"] == "Likely"

    assert tracked.counted("Open", **{"mailgauge:engagement": "human"}) == 1
    assert tracked.counted("Open", **{"mailgauge:engagement": "machine"}) == 1
    assert tracked.counted("Click", place="footer") == tracked.counted("Click", place="none") == 1
    assert tracked.counted("Send", place="none") == 0
    assert (tracked.counted("Open"), tracked.counted("Click")) == (2, 2)


def test_a_template_says_where_its_pixel_goes_and_says_it_once(tracked: Tracked) -> None:
    content = {"Subject": "For {{name}}", "Html": "<p>{{ses:openTracker}}{{name}}</p><p>End</p>"}
    tracked.ses.create_email_template(TemplateName="placed", TemplateContent=content)
    template = {"TemplateName": "placed", "TemplateData": '{"name": "Ann"}'}
    _, html = tracked.send(Content={"Template": template})
    assert re.fullmatch(r"<p><img [^>]*/_t/o/[^>]*>Ann</p><p>End</p>\s*", html)
    twice = {"Subject": "Hi", "Html": "{{ses:openTracker}} {{ses:openTracker}}"}
    with pytest.raises(tracked.ses.exceptions.BadRequestException):
        tracked.ses.create_email_template(TemplateName="twice", TemplateContent=twice)


def test_what_was_answered_before_a_stop_is_counted(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        tracked = Tracked(service)
        message_id, html = tracked.send()
        pixel = pixel_of(html)
        with ThreadPoolExecutor(8) as visitors:
            answers = list(visitors.map(lambda _: tracked.visit(pixel), range(80)))
            visitors.submit(service.stop)
        assert all(answer.status == 200 for answer, _ in answers)
    with running(tmp_path / "data") as service:
        found = service.get(f"/_mailgauge/events?message={message_id}&limit=200")["events"]
        assert [each["eventType"] for each in found].count("Open") == 80


def test_operators_choose_the_place_of_links_a_trap_for_machines_and_what_is_kept_of_people(
    tmp_path: Path,
) -> None:
    options = tmp_path / "options.toml"
    options.write_text(
        '[tracking]\nurl = "https://t.example.com/"\nhidden_link = true\n[privacy]\nclient_ip = "truncated"\n'
    )
    with running(tmp_path / "data", "--config", str(options)) as service:
        tracked = Tracked(service)
        message_id, html = tracked.send()
        *links, trap = [each for each in links_of(html) if "/_t/" in each]
        assert all(each.startswith("https://t.example.com/_t/") for each in (pixel_of(html), *links, trap))
        tracked.visit(links[0])
        answer, _ = tracked.visit(trap)
        assert answer.status == 204
        tracked.visit(pixel_of(html))
        [opened] = wait_until(lambda: tracked.events(message_id, "Open"))
        [clicked] = tracked.events(message_id, "Click")
        assert (clicked["click"]["isBotEvent"], opened["open"]["isBotEvent"]) == ("Unlikely", "Likely")
        assert opened["open"]["ipAddress"] == "127.0.0.0"


def test_a_link_that_somebody_changed_leads_nowhere(tracked: Tracked) -> None:
    message_id, html = tracked.send()
    link = links_of(html)[0]
    for forged in (link[:-30] + ("A" if link[-30] != "A" else "B") + link[-29:], link[:-8], f"{link}AAAA"):
        answer, text = tracked.visit(forged)
        assert answer.status == 400
        assert answer.getheader("Location") is None
        assert b"not complete" in text
    tracked.visit(pixel_of(html))
    wait_until(lambda: tracked.events(message_id, "Open"))
    assert tracked.events(message_id, "Click") == []


def test_mail_that_nobody_asks_about_is_not_touched(tracked: Tracked) -> None:
    plain = '<p>{{ses:openTracker}}<a ses:tags="k:v" href="https://shop.example/">x</a></p>'
    _, html = tracked.send(plain, ConfigurationSetName=None)
    assert html.strip() == '<p><a href="https://shop.example/">x</a></p>'
    name = "opens-only"
    tracked.ses.create_configuration_set(ConfigurationSetName=name)
    target = {"EventBusArn": "arn:aws:events:us-east-1:000000000000:event-bus/default"}
    for enabled in (False, True):
        call = (
            tracked.ses.update_configuration_set_event_destination
            if enabled
            else tracked.ses.create_configuration_set_event_destination
        )
        call(
            ConfigurationSetName=name,
            EventDestinationName="bus",
            EventDestination={
                "Enabled": enabled,
                "MatchingEventTypes": ["OPEN"],
                "EventBridgeDestination": target,
            },
        )
        _, html = tracked.send(plain, ConfigurationSetName=name)
        assert ("/_t/o/" in html) is enabled
        assert links_of(html) == ["https://shop.example/"]


@pytest.mark.parametrize(
    ("https_policy", "schemes"),
    [
        (None, ["http", "https", "http"]),
        ("REQUIRE", ["https", "https", "https"]),
        ("REQUIRE_OPEN_ONLY", ["https", "https", "http"]),
    ],
)
def test_a_domain_of_the_senders_own_carries_links_as_its_https_policy_says(
    tracked: Tracked, https_policy: str | None, schemes: list[str]
) -> None:
    domain = "links.example.org"
    options = {"HttpsPolicy": https_policy} if https_policy else {}
    tracked.ses.put_configuration_set_tracking_options(
        ConfigurationSetName=SET, CustomRedirectDomain=domain, **options
    )
    message_id, html = tracked.send()
    places = [urlsplit(each) for each in (pixel_of(html), *links_of(html)[:2])]
    assert [place.scheme for place in places] == schemes
    assert {place.netloc for place in places} == {domain}
    answer, _ = tracked.visit(links_of(html)[0])
    assert (answer.status, answer.getheader("Location")) == (302, SHOP)
    wait_until(lambda: tracked.events(message_id, "Click"))


def test_visits_count_for_sixty_days_and_links_lead_on_for_ever(tracked: Tracked) -> None:
    message_id, html = tracked.send()
    tracked.service.step(59 * 86_400)
    tracked.visit(pixel_of(html))
    wait_until(lambda: tracked.events(message_id, "Open"))
    tracked.service.step(2 * 86_400)
    answer, _ = tracked.visit(links_of(html)[0])
    assert (answer.status, answer.getheader("Location")) == (302, SHOP)
    other, fresh = tracked.send()
    tracked.visit(pixel_of(fresh))
    wait_until(lambda: tracked.events(other, "Open"))
    assert tracked.events(message_id, "Click") == []
