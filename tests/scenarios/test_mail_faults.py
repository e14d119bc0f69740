"""Whatever fails on the way, accepted mail arrives, and twice only where SMTP can't know that it did.

Counted in the mailboxes of the Postfix that got it, by message and recipient.
"""

import random
import smtplib
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from mailgauge.iam.smtp_passwords import derive
from mailgauge.scan.eicar import EICAR
from tests.conftest import Rounds
from tests.scenarios import submitting
from tests.scenarios.auditing import audit, settled
from tests.scenarios.clamd import clamd
from tests.scenarios.internet import SENDER, SET, Internet, internet, prepare, send
from tests.scenarios.journal import documents, event, kinds
from tests.scenarios.postfix import Delivered, Postfix
from tests.scenarios.service import REGION, Service, wait_until
from tests.scenarios.serving import DOMAIN, Installation
from tests.scenarios.sinks import CUT_BEFORE_REPLY, CUT_IN_DATA, PASS, Wire

pytestmark = pytest.mark.soak

THREADS = 4
CONNECTIONS = 10
"""At once to one site, unless it is set otherwise."""
UNDER_WAY = 2.0
"""Seconds before a kill in which a message may have arrived that we did not yet know of."""
AFTERWARDS = 2.0
"""Seconds that Postfix may take after a kill to put into the mailbox what it had accepted."""
LARGE = "Hello, all of you.\n" * 20_000


REPORT = """\
From: MAILER-DAEMON@example.net
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It came back.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
--b--
"""


@dataclass(frozen=True)
class Scene:
    net: Internet
    mx: Postfix
    """Takes mail for example.net."""
    wire: Wire
    """Between the MX of far.example and ``mx``."""

    def copies(self, message_id: str) -> Counter[str]:
        """How often each recipient has the message."""
        return copies(self.mx.delivered()).get(message_id, Counter())


def copies(delivered: list[Delivered]) -> dict[str, Counter[str]]:
    """For each message how often each recipient has it."""
    found: dict[str, Counter[str]] = {}
    for each in delivered:
        message_id = str(each.message["Message-ID"]).strip("<>").removesuffix(f"@{DOMAIN}")
        found.setdefault(message_id, Counter())[each.recipient] += 1
    return found


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with internet(tmp_path_factory.mktemp("faults")) as net:
        domains = ("example.net", "far.example", "back.example", "shop.example")
        mx = net.postfix(2, {"domains": domains, "recipients": {"^slow": "sleep 2"}})
        wire = net.wire(3, mx.address)
        net.zones.mail_of("example.net", {"mx.example.net": net.address(2)})
        net.zones.mail_of("shop.example", {"mx.example.net": net.address(2)})
        net.zones.mail_of("far.example", {"mx.far.example": net.address(3)})
        yield Scene(net, mx, wire)


@contextmanager
def installed(scene: Scene, folder: Path, **more: Any) -> Iterator[tuple[Installation, Service, Any]]:
    """A running installation with its own data, and the client of SES; what it did must add up at the end."""
    installation = scene.net.installation(more, folder=folder)
    with installation.running() as service:
        yield installation, service, prepare(service)
        settled(installation.data)


@pytest.mark.parametrize(("treat", "most"), [(CUT_IN_DATA, 1), (CUT_BEFORE_REPLY, 2)])
def test_a_server_killed_while_it_takes_a_message_has_it_in_the_end(
    scene: Scene, tmp_path: Path, treat: str, most: int
) -> None:
    """Killed when it has the message, and before it can say so, it may get it again: nobody could know."""
    with installed(scene, tmp_path) as (installation, _, ses):
        scene.wire.treat, scene.wire.on_cut = treat, scene.mx.kill
        message_id = send(ses, "anna@far.example", text=LARGE)
        delay = event(installation.data, message_id, "DeliveryDelay")["deliveryDelay"]
        assert delay["delayType"] == "TransientCommunicationFailure"
        scene.wire.treat, scene.wire.on_cut = PASS, lambda: None
        scene.mx.start()
        event(installation.data, message_id, "Delivery")
        assert kinds(documents(installation.data, message_id)).count("Delivery") == 1
        wait_until(lambda: scene.copies(message_id)["anna@far.example"])
        scene.mx.emptied()
        assert 1 <= scene.copies(message_id)["anna@far.example"] <= most


def test_a_server_that_is_killed_again_and_again_gets_everything(
    scene: Scene, tmp_path: Path, rounds: Rounds
) -> None:
    choice, sent = random.Random("again"), dict[str, str]()
    kills = rounds(3, 30)
    with installed(scene, tmp_path) as (installation, _, ses):
        for round_ in range(kills):
            people = [f"again-{round_}-{n}@example.net" for n in range(20)]
            with ThreadPoolExecutor(4) as pool:
                found = pool.map(lambda each: send(ses, each), people)
                threading.Event().wait(choice.uniform(0.05, 0.4))
                scene.mx.kill()
            sent |= zip(found, people, strict=True)
            scene.mx.start()
        for message_id in sent:
            event(installation.data, message_id, "Delivery", seconds=60)
    scene.mx.emptied()
    delivered = copies(scene.mx.delivered())
    assert all(set(delivered[message_id]) == {person} for message_id, person in sent.items())
    doubled = [delivered[message_id].total() for message_id in sent if delivered[message_id].total() > 1]
    # It had them and could not say so: at most what was on its way at a kill.
    assert set(doubled) <= {2}
    assert len(doubled) <= kills * CONNECTIONS


@pytest.mark.parametrize("failing", ["broken", "silent"])
def test_mail_waits_while_dns_fails_and_goes_when_it_is_back(
    scene: Scene, tmp_path: Path, failing: str
) -> None:
    zone = scene.net.zones.zone
    with installed(scene, tmp_path, dns={"timeout": 0.5}) as (installation, _, ses):
        names: set[str] = getattr(zone, failing)
        names.add("example.net")
        try:
            message_id = send(ses, "anna@example.net")
            delay = event(installation.data, message_id, "DeliveryDelay")["deliveryDelay"]
            assert delay["delayedRecipients"][0]["status"] == "4.4.3"
        finally:
            names.remove("example.net")
        event(installation.data, message_id, "Delivery")
        wait_until(lambda: scene.copies(message_id))
        assert scene.copies(message_id) == {"anna@example.net": 1}


def test_a_restart_between_two_tries_loses_and_doubles_nothing(scene: Scene, tmp_path: Path) -> None:
    installation = scene.net.installation(folder=tmp_path)
    scene.net.zones.mail_of("back.example", {"mx.back.example": scene.net.address(9)})
    with installation.running() as service:
        message_id = send(prepare(service), "anna@back.example", "anna@example.net")
        event(installation.data, message_id, "DeliveryDelay")
    scene.net.zones.mail_of("back.example", {"mx.back.example": scene.net.address(2)})
    with installation.running():
        wait_until(lambda: kinds(documents(installation.data, message_id)).count("Delivery") == 2)
        settled(installation.data)
    wait_until(lambda: len(scene.copies(message_id)) == 2)
    assert scene.copies(message_id) == {"anna@back.example": 1, "anna@example.net": 1}


def test_a_stop_in_the_middle_of_an_attempt_doubles_nothing(scene: Scene, tmp_path: Path) -> None:
    installation = scene.net.installation(folder=tmp_path)
    with installation.running() as service:
        message_id = send(prepare(service), "slow-stop@far.example")
        wait_until(lambda: b"RCPT TO:<slow-stop@" in scene.wire.heard)
    with installation.running():
        event(installation.data, message_id, "Delivery")
        settled(installation.data)
    wait_until(lambda: scene.copies(message_id))
    assert scene.copies(message_id) == {"slow-stop@far.example": 1}


def test_while_the_scanner_is_down_mail_waits_and_nothing_passes_unscanned(
    scene: Scene, tmp_path: Path
) -> None:
    with (
        clamd() as scanner,
        installed(scene, tmp_path, scan={"clamd": scanner.address}) as (installation, service, ses),
    ):
        scanner.stop()
        clean = send(ses, "anna@example.net")
        infected = send(ses, "anna@example.net", text=EICAR.decode())
        wait_until(lambda: "virus scanner unavailable" in service.log())
        assert not scene.copies(clean)
        scanner.start()
        event(installation.data, clean, "Delivery")
        assert event(installation.data, infected, "Reject")["reject"]["reason"] == "Bad content"
        wait_until(lambda: scene.copies(clean))
        assert scene.copies(clean) == {"anna@example.net": 1}
        assert not scene.copies(infected)


@contextmanager
def small_disk(path: Path, mebibytes: int) -> Iterator[None]:
    """A file system of that size. Only root may have one, and not everywhere."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"SKIPPED: no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_full_disk_refuses_new_mail_and_loses_none_that_was_accepted(scene: Scene, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    (tmp_path / "data").symlink_to(disk)
    with small_disk(disk, 48), installed(scene, tmp_path) as (installation, service, ses):
        accepted = [send(ses, f"before-{n}@example.net") for n in range(3)]
        known = scene.mx.delivered_to("before-0@example.net")
        accepted.append(slow := send(ses, "slow-disk@far.example"))
        wait_until(lambda: b"RCPT TO:<slow-disk@" in scene.wire.heard)
        ballast = disk / "ballast"
        fill(ballast)
        refused: list[ClientError] = []
        while not refused:
            try:
                accepted.append(send(ses, "meanwhile@example.net", text=LARGE))
            except ClientError as error:
                refused.append(error)
        assert refused[0].response["ResponseMetadata"]["HTTPStatusCode"] in {500, 503}
        assert heard_of_a_bounce(service, known) in range(400, 500), "it is to come again"
        with pytest.raises(AssertionError, match=r"^4\d\d "), by_smtp(service) as accept:
            accept(["meanwhile@example.net"], LARGE)
        # It has arrived, and this can't be written down yet.
        wait_until(lambda: scene.copies(slow))
        ballast.unlink()
        accepted.append(after := wait_until(lambda: sent(ses, "after@example.net")))
        event(installation.data, after, "Delivery")
        assert heard_of_a_bounce(service, known) == 250
        event(installation.data, accepted[0], "Bounce")
        for message_id in accepted:
            event(installation.data, message_id, "Delivery")
            wait_until(lambda message_id=message_id: scene.copies(message_id))  # type: ignore[misc]
            assert list(scene.copies(message_id).values()) == [1]


def heard_of_a_bounce(service: Service, delivered: Delivered) -> int:
    """The reply code to a report that says this message came back."""
    host, _, port = service.inbound.rpartition(":")
    try:
        with smtplib.SMTP(host, int(port), timeout=60) as client:
            client.sendmail("", [delivered.return_path], REPORT.format(recipient=delivered.recipient))
    except smtplib.SMTPResponseException as refused:
        return refused.smtp_code
    return 250


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def sent(ses: Any, recipient: str) -> str:
    """The message id, or nothing while the service can't take mail."""
    try:
        return send(ses, recipient)
    except ClientError:
        return ""


@dataclass
class Log:
    accepted: dict[str, list[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


Send = Callable[[list[str], str], str]
"""Takes recipients and a text, and returns the id of the accepted message."""


@contextmanager
def by_api(service: Service) -> Iterator[Send]:
    ses = service.client("sesv2")
    yield lambda people, text: send(ses, *people, text=text)


@contextmanager
def by_smtp(service: Service) -> Iterator[Send]:
    key_id, secret = service.key
    with submitting.connected(service) as client:
        client.login(key_id, derive(secret, REGION))

        def submit(people: list[str], text: str) -> str:
            head = f"From: {SENDER}\r\nTo: {', '.join(people)}\r\nX-SES-CONFIGURATION-SET: {SET}\r\n\r\n"
            return submitting.message_id(
                submitting.send(client, SENDER, people, (head + text.replace("\n", "\r\n")).encode())
            )

        yield submit


@contextmanager
def senders(service: Service, log: Log, round_: int) -> Iterator[None]:
    """Threads that go on until the process under them dies."""

    def work(thread: int) -> None:
        choice = random.Random(f"{round_}/{thread}")
        with suppress(*GONE), (by_smtp if thread % 2 else by_api)(service) as accept:
            for number in range(100_000):
                people = [
                    f"{name}-{round_}-{thread}-{number}@{domain}" for name, domain in choice.choice(MAILS)
                ]
                message_id = accept(people, LARGE if choice.random() < 0.05 else "Hello.")
                with log.lock:
                    log.accepted[message_id] = people

    threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
    for each in threads:
        each.start()
    yield
    for each in threads:
        each.join(60)


GONE = (BotoCoreError, smtplib.SMTPServerDisconnected, ConnectionError, ssl.SSLError)
"""What a sender meets when the service is killed; any other refusal fails the test."""
MAILS = [
    [("kept", "example.net")],
    [("kept", "example.net"), ("also", "example.net")],
    [("kept", "example.net"), ("far", "far.example")],
]


def test_mail_on_its_way_to_postfix_survives_kill_9(scene: Scene, tmp_path: Path, rounds: Rounds) -> None:
    installation = scene.net.installation(folder=tmp_path)
    """Accepted by API or SMTP: delivered, and twice only if it was under way at the kill."""
    log, kills, choice = Log(), list[float](), random.Random("mail faults")
    service = installation.start()
    prepare(service)
    try:
        for round_ in range(rounds(3, 30)):
            with senders(service, log, round_):
                threading.Event().wait(choice.uniform(0.8, 2.0))
                kills.append(datetime.now(UTC).timestamp())
                service.kill()
            service = installation.start()
        settled(installation.data, 300)
    finally:
        service.stop()
    scene.mx.emptied()
    found = copies(scene.mx.delivered())
    threads = Counter(people[0].split("-")[2] for people in log.accepted.values())
    assert min(threads[str(n)] for n in range(THREADS)) > 5, threads
    for message_id, people in log.accepted.items():
        assert set(found[message_id]) == set(people), "nobody is left out"
        assert kinds(documents(installation.data, message_id)).count("Send") == 1
    mine = {f"<{message_id}@{DOMAIN}>" for message_id in log.accepted}
    check_doubled([each for each in scene.mx.delivered() if each.message["Message-ID"] in mine], kills)
    assert audit(installation.data)["agrees"]


def check_doubled(delivered: list[Delivered], kills: list[float]) -> None:
    """Only what was under way when a kill came may have arrived without our knowing."""
    times: dict[tuple[str, str], list[float]] = {}
    for each in delivered:
        times.setdefault((str(each.message["Message-ID"]), each.recipient), []).append(each.at)
    for whose, arrivals in times.items():
        for first, second in pairwise(sorted(arrivals)):
            assert any(first <= kill + AFTERWARDS and kill <= second for kill in kills), (
                whose,
                arrivals,
                kills,
            )
            assert any(abs(first - kill) < UNDER_WAY for kill in kills), (whose, arrivals, kills)
