"""Opens and clicks where operators run the service: behind a proxy, counted by its visitors' addresses, and audited."""

import re
import subprocess
import sys
from email import message_from_bytes, policy
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from mailgauge.mailbox import store as mailbox
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage
from tests.scenarios.journal import documents, event, kinds
from tests.scenarios.service import clean_environment
from tests.scenarios.serving import Installation, Settings

SENDER, READER = "sender@example.com", "reader@example.net"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
HTML = '<p><a href="https://shop.example/?a=1&amp;b=2" ses:tags="place:top">x</a></p>'
SETTINGS: Settings = {
    "server": {"trusted_proxies": ["127.0.0.1"]},
    "service": {"domain": "mail.sender.example", "url": "https://mail.sender.example"},
    "accounts": {"verification": "automatic"},
    "privacy": {"client_ip": "truncated"},
}


def captured(data: Path, message_id: str) -> str:
    """The HTML of a message as it arrived in the built-in mailbox."""
    storage = Storage.look(DataDirectory(data))
    try:
        [message] = storage.mail.read_now(lambda tx: mailbox.messages(tx, message_id))
    finally:
        storage.close()
    return str(message_from_bytes(message.content, policy=policy.default).get_content())


def visit(http: str, link: str, forwarded_for: str) -> tuple[int, str | None]:
    """As a proxy would hand it on."""
    connection = HTTPConnection(urlsplit(http).netloc, timeout=60)
    try:
        parts = urlsplit(link)
        headers = {"User-Agent": BROWSER, "Host": parts.netloc, "X-Forwarded-For": forwarded_for}
        connection.request("GET", parts.path, headers=headers | {"X-Forwarded-Proto": parts.scheme})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("Location")
    finally:
        connection.close()


def test_visits_through_a_proxy_are_their_visitors_and_the_audit_agrees(tmp_path: Path) -> None:
    installed = Installation(tmp_path, SETTINGS)
    with installed.running() as service:
        ses = service.client("sesv2")
        ses.create_email_identity(EmailIdentity=SENDER)
        ses.create_configuration_set(ConfigurationSetName="tracked")
        target = {
            "DimensionName": "place",
            "DimensionValueSource": "LINK_TAG",
            "DefaultDimensionValue": "none",
        }
        ses.create_configuration_set_event_destination(
            ConfigurationSetName="tracked",
            EventDestinationName="metrics",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": ["OPEN", "CLICK"],
                "CloudWatchDestination": {"DimensionConfigurations": [target]},
            },
        )
        message_id = ses.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [READER]},
            Content={"Simple": {"Subject": {"Data": "News"}, "Body": {"Html": {"Data": HTML}}}},
            ConfigurationSetName="tracked",
        )["MessageId"]
        event(installed.data, message_id, "Delivery")
        link, pixel = re.findall(r'(?:href|src)="([^"]+)"', captured(installed.data, message_id))
        assert link.startswith("https://mail.sender.example/_t/c/")
        assert visit(service.http, link, "198.51.100.9, 203.0.113.77") == (
            302,
            "https://shop.example/?a=1&b=2",
        )
        assert visit(service.http, pixel, "2001:db8:1:2::3") == (200, None)
        assert event(installed.data, message_id, "Click")["click"]["ipAddress"] == "203.0.113.0"
        assert event(installed.data, message_id, "Open")["open"]["ipAddress"] == "2001:db8:1::"
    found = documents(installed.data, message_id)
    assert sorted(kinds(found)) == ["Click", "Delivery", "Open", "Send"]
    command = [sys.executable, "-m", "mailgauge.cli.main", "audit", "--data", str(installed.data)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=clean_environment(), check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout
