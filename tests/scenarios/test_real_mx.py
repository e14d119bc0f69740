"""Mail goes to Postfix by the MX records of the recipients' domains, and what Postfix says of it becomes events."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dkim
import pytest
from click.testing import CliRunner

from mailgauge.cli.main import main
from tests.scenarios.auditing import caught_up
from tests.scenarios.internet import Internet, has_ipv6, internet, prepare, send
from tests.scenarios.journal import documents, event, kinds
from tests.scenarios.postfix import Postfix
from tests.scenarios.service import wait_until
from tests.scenarios.serving import DOMAIN
from tests.scenarios.sinks import CUT_IN_DATA, PASS, SILENT, Greylist, Wire, greylisting

RECIPIENTS = {
    "^full@": "552 5.2.2 Mailbox full",
    "^over@": "452 4.2.2 The mailbox is over quota",
    "^slow@": "sleep 2",
    "^slow-": "sleep 1",
    "^grey": "greylist",
}


WITHOUT_MX = ("bare.example", "six.example")
"""Mail for these goes to the addresses of their own names, IPv4 and IPv6."""


@dataclass(frozen=True)
class Scene:
    data: Path
    net: Internet
    ses: Any
    mx: Postfix
    """Takes mail for example.net, one.example and two.example; offers STARTTLS."""
    plain: Postfix
    """Takes mail for plain.example and second.example, and knows no TLS."""
    busy: Postfix
    """Takes mail for busy.example, by two connections at once."""
    wire: Wire
    """Between the MX of broken.example and ``plain``."""
    mute: Wire
    """The same for mute.example."""
    greylist: Greylist

    def event(self, message_id: str, kind: str) -> dict[str, Any]:
        return event(self.data, message_id, kind)

    def kinds(self, message_id: str) -> list[str]:
        return kinds(documents(self.data, message_id))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with internet(tmp_path_factory.mktemp("mx")) as net, greylisting() as (greylist, policy):
        mx = net.postfix(
            2,
            {
                "name": "mx1.example.net",
                "domains": ("example.net", "one.example", "two.example"),
                "recipients": RECIPIENTS,
                "policy": policy,
                "certificate": net.certificate("mx1.example.net"),
                "settings": {"message_size_limit": "200000"},
            },
        )
        plain_domains = ("plain.example", "second.example", "broken.example", "mute.example", *WITHOUT_MX)
        plain = net.postfix(3, {"name": "mx.plain.example", "domains": plain_domains})
        wire, mute = net.wire(4, plain.address), net.wire(5, plain.address)
        if has_ipv6():
            net.wire_by_ipv6(plain.address)
        # Its server turns away whoever comes with more than two connections at once.
        narrow = {"smtpd_client_connection_count_limit": "2"}
        busy = net.postfix(
            6, {"domains": ("busy.example",), "recipients": RECIPIENTS, "settings": narrow, "policy": policy}
        )
        fill(net)
        installation = net.installation()
        with installation.running() as service:
            yield Scene(installation.data, net, prepare(service), mx, plain, busy, wire, mute, greylist)
            caught_up(installation.data)


def fill(net: Internet) -> None:
    mx = {"mx1.example.net": net.address(2)}
    net.zones.mail_of("example.net", mx)
    net.zones.mail_of("one.example", mx)
    net.zones.mail_of("two.example", mx)
    net.zones.mail_of("plain.example", {"mx.plain.example": net.address(3)})
    # Nobody listens at the first.
    net.zones.mail_of(
        "second.example", {"mx1.second.example": net.address(9), "mx2.second.example": net.address(3)}
    )
    net.zones.mail_of("broken.example", {"mx.broken.example": net.address(4)})
    net.zones.mail_of("busy.example", {"mx.busy.example": net.address(6)})
    net.zones.mail_of("mute.example", {"mx.mute.example": net.address(5)})
    net.zones.zone.put("bare.example", "A", net.address(3))
    net.zones.zone.put("six.example", "AAAA", "::1")
    net.zones.mail_of("null.example", {})


def test_what_postfix_accepts_is_delivered_by_starttls(scene: Scene) -> None:
    message_id = send(scene.ses, "anna@example.net")
    delivered = scene.mx.delivered_to("anna@example.net")
    assert delivered.message["Subject"] == "Hello"
    assert delivered.message.get_content().strip() == "Hello."
    assert delivered.message["Message-ID"] == f"<{message_id}@{DOMAIN}>"
    assert delivered.return_path.endswith(f"@{DOMAIN}")
    assert b"amazon" not in delivered.as_sent.lower()
    found = scene.event(message_id, "Delivery")
    assert found["delivery"]["recipients"] == ["anna@example.net"]
    assert found["delivery"]["smtpResponse"].startswith("250 2.0.0 Ok: queued as ")
    assert found["delivery"]["remoteMtaIp"]
    assert found["mail"]["tags"]["ses:outgoing-tls-version"] == ["TLSv1.3"]
    assert scene.kinds(message_id) == ["Send", "Delivery"]
    assert "using TLSv1.3" in str(delivered.message["Received"])


def test_every_signature_holds(scene: Scene) -> None:
    """By the sender's domain, and by the service with both kinds of keys; whole, and with a byte more not any more."""
    send(scene.ses, "signed@example.net", text="Grüße, and a line\n.with a dot in front\n")
    delivered = scene.mx.delivered_to("signed@example.net")
    publish(scene)
    signatures = delivered.message.get_all("DKIM-Signature", [])
    facts = [dict(re.findall(r"\b([ads])=([^;\s]+)", str(each))) for each in signatures]
    assert [(each["d"], each["a"]) for each in facts] == [
        ("shop.example", "rsa-sha256"),
        (DOMAIN, "rsa-sha256"),
        (DOMAIN, "ed25519-sha256"),
    ]
    for n in range(len(facts)):
        assert holds(scene, delivered.as_sent, n), facts[n]
        assert not holds(scene, delivered.as_sent.replace(b"a line", b"a line,"), n), facts[n]


def holds(scene: Scene, message: bytes, signature: int) -> bool:
    try:
        return bool(dkim.DKIM(message).verify(signature, dnsfunc=scene.net.zones.texts))
    except dkim.ValidationError:
        return False


def publish(scene: Scene) -> None:
    """What `mailgauge records` prints goes into the zone as it is."""
    options = ("--data", str(scene.data), "--config", str(scene.data.with_name("mailgauge.toml")))
    for line in printed("records", *options).splitlines():
        if not line.startswith(";"):
            name, _, _, kind, data = line.split(" ", 4)
            scene.net.zones.zone.put(name.rstrip("."), kind, data)


def printed(*arguments: str) -> str:
    """What `mailgauge` says beside the running service."""
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_server_without_tls_gets_its_mail_in_the_clear(scene: Scene) -> None:
    message_id = send(scene.ses, "anna@plain.example")
    assert scene.plain.delivered_to("anna@plain.example").message["Subject"] == "Hello"
    assert "ses:outgoing-tls-version" not in scene.event(message_id, "Delivery")["mail"]["tags"]


def test_where_tls_is_required_a_server_without_it_gets_nothing(scene: Scene) -> None:
    scene.ses.create_configuration_set(
        ConfigurationSetName="secret", DeliveryOptions={"TlsPolicy": "REQUIRE"}
    )
    withheld = send(scene.ses, "secret@plain.example", set_name="secret")
    passed = send(scene.ses, "secret@example.net", set_name="secret")
    assert scene.event(passed, "Delivery")["mail"]["tags"]["ses:outgoing-tls-version"] == ["TLSv1.3"]
    bounce = scene.event(withheld, "Bounce")["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Transient", "General")
    assert scene.kinds(withheld) == ["Send", "Bounce"]
    assert all(each.recipient != "secret@plain.example" for each in scene.plain.delivered())


def test_an_unknown_recipient_bounces_for_good(scene: Scene) -> None:
    message_id = send(scene.ses, "gone@example.net")
    bounce = scene.event(message_id, "Bounce")["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "General")
    [recipient] = bounce["bouncedRecipients"]
    assert recipient["emailAddress"] == "gone@example.net"
    assert recipient["status"] == "5.1.1"
    assert recipient["diagnosticCode"].startswith(
        "smtp; 550 5.1.1 <gone@example.net>: Recipient address rejected"
    )


def test_recipients_at_one_site_travel_in_one_transaction(scene: Scene) -> None:
    """Also of two domains with the same MX; one that is refused takes nothing from the others."""
    people = ["ben@example.net", "ben@one.example", "ben@two.example"]
    message_id = send(scene.ses, *people, "gone-ben@example.net")
    delivered = [scene.mx.delivered_to(each) for each in people]
    assert len({str(each.message["Received"]).split(" id ")[1].split(";")[0] for each in delivered}) == 1
    assert sorted(scene.event(message_id, "Delivery")["delivery"]["recipients"]) == people
    [bounced] = scene.event(message_id, "Bounce")["bounce"]["bouncedRecipients"]
    assert bounced["emailAddress"] == "gone-ben@example.net"
    assert sorted(scene.kinds(message_id)) == ["Bounce", "Delivery", "Send"]


def test_greylisted_mail_is_delayed_and_then_delivered(scene: Scene) -> None:
    message_id = send(scene.ses, "grey@example.net")
    scene.event(message_id, "Delivery")
    delay = scene.event(message_id, "DeliveryDelay")["deliveryDelay"]
    [recipient] = delay["delayedRecipients"]
    assert recipient["emailAddress"] == "grey@example.net"
    assert recipient["status"] == "4.2.0"
    assert "Greylisted" in recipient["diagnosticCode"]
    assert scene.kinds(message_id) == ["Send", "DeliveryDelay", "Delivery"]
    assert scene.greylist.deferred.count("grey@example.net") == 1
    assert len([each for each in scene.mx.delivered() if each.recipient == "grey@example.net"]) == 1


def test_trace_tells_what_was_said_in_each_attempt(scene: Scene) -> None:
    message_id = send(scene.ses, "grey-traced@example.net")
    scene.event(message_id, "Delivery")
    story = json.loads(printed("trace", message_id, "--data", str(scene.data), "--json"))
    assert [step.get("event", step["step"]) for step in story["steps"]] == [
        *("Send", "attempt", "DeliveryDelay", "attempt", "Delivery")
    ]
    deferred, delivered = (step for step in story["steps"] if step["step"] == "attempt")
    assert deferred["replies"]["grey-traced@example.net"].startswith("450 4.2.0")
    assert delivered["replies"]["grey-traced@example.net"].startswith("250 2.0.0 Ok: queued as")
    assert (delivered["peerIp"], delivered["tlsVersion"]) == (scene.net.address(2), "TLSv1.3")
    said = "\n".join(each["line"] for each in deferred["dialogue"])
    for line in ("C: MAIL FROM:<", "C: RCPT TO:<grey-traced@example.net>", "S: 450 4.2.0 "):
        assert line in said
    assert story["waiting"] == []


def test_a_full_mailbox_bounces_as_one_that_may_have_room_again(scene: Scene) -> None:
    message_id = send(scene.ses, "full@example.net")
    bounce = scene.event(message_id, "Bounce")["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Transient", "MailboxFull")


def test_a_mailbox_over_quota_is_tried_again(scene: Scene) -> None:
    message_id = send(scene.ses, "over@example.net")
    delay = scene.event(message_id, "DeliveryDelay")["deliveryDelay"]
    assert delay["delayType"] == "MailboxFull"
    wait_until(lambda: scene.kinds(message_id), lambda found: found.count("DeliveryDelay") >= 2)


def test_a_message_too_large_for_the_server_bounces_as_that(scene: Scene) -> None:
    message_id = send(scene.ses, "anna@one.example", text="Hello, all of you.\n" * 15_000)
    bounce = scene.event(message_id, "Bounce")["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Transient", "MessageTooLarge")


def test_a_slow_server_delays_its_own_mail_alone(scene: Scene) -> None:
    slow = send(scene.ses, "slow@example.net")
    quick = send(scene.ses, "quick@plain.example")
    scene.event(quick, "Delivery")
    assert scene.kinds(slow) == ["Send"]
    assert scene.event(slow, "Delivery")["delivery"]["processingTimeMillis"] >= 2000


def test_the_second_mx_gets_the_mail_when_the_first_is_down(scene: Scene) -> None:
    message_id = send(scene.ses, "carl@second.example")
    assert scene.plain.delivered_to("carl@second.example")
    scene.event(message_id, "Delivery")
    assert scene.kinds(message_id) == ["Send", "Delivery"]


@pytest.mark.parametrize("domain", WITHOUT_MX)
def test_a_domain_without_mx_gets_its_mail_at_its_own_address(scene: Scene, domain: str) -> None:
    if domain == "six.example" and not has_ipv6():
        pytest.skip("SKIPPED: there is no IPv6 here")
    message_id = send(scene.ses, f"dan@{domain}")
    scene.event(message_id, "Delivery")
    assert scene.plain.delivered_to(f"dan@{domain}")
    assert scene.kinds(message_id) == ["Send", "Delivery"]


def test_a_null_mx_bounces_at_once(scene: Scene) -> None:
    message_id = send(scene.ses, "dora@null.example")
    bounce = scene.event(message_id, "Bounce")["bounce"]
    assert bounce["bounceType"] == "Permanent"
    assert bounce["bouncedRecipients"][0]["status"] == "5.1.10"


def test_a_server_that_hangs_up_in_the_middle_gets_the_message_again_and_once(scene: Scene) -> None:
    scene.wire.treat = CUT_IN_DATA
    message_id = send(scene.ses, "emil@broken.example")
    delay = scene.event(message_id, "DeliveryDelay")["deliveryDelay"]
    assert delay["delayType"] == "TransientCommunicationFailure"
    scene.wire.treat = PASS
    scene.event(message_id, "Delivery")
    assert len([each for each in scene.plain.delivered() if each.recipient == "emil@broken.example"]) == 1


def test_a_server_that_says_nothing_holds_up_its_own_mail_alone(scene: Scene) -> None:
    scene.mute.treat = SILENT
    kept = send(scene.ses, "frida@mute.example")
    wait_until(lambda: scene.mute.silent)
    passed = send(scene.ses, "frida@example.net")
    scene.event(passed, "Delivery")
    assert scene.kinds(kept) == ["Send"]
    scene.mute.treat = PASS
    scene.mute.hang_up()
    scene.event(kept, "Delivery")


def test_a_server_that_takes_few_connections_gets_everything_once(scene: Scene) -> None:
    # The slow ones keep more connections open than it takes.
    people = [f"slow-{n}@busy.example" for n in range(4)] + [f"person-{n}@busy.example" for n in range(30)]
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda each: send(scene.ses, each), people))
    for message_id in sent:
        scene.event(message_id, "Delivery")
    assert "Connection concurrency limit exceeded" in scene.busy.log()
    assert sorted(each.recipient for each in scene.busy.delivered()) == sorted(people)
    turned_away = scene.busy.log().count("421 4.7.0")
    assert turned_away < len(people), "it goes on with fewer connections"
