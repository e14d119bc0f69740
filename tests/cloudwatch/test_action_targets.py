"""What action strings name, and the signatures of webhooks."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from mailgauge.base.scope import Scope
from mailgauge.cloudwatch.alarms.actions import standard_webhooks
from mailgauge.cloudwatch.alarms.actions.target import Kind, Target, target
from mailgauge.cloudwatch.alarms.actions.validation import problem

HERE = Scope("123456789012", "us-east-1")
OWN = "arn:aws:mailgauge:us-east-1:123456789012"


def test_each_form_of_an_action_names_its_target() -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:on-call"
    for action, kind, value in (
        (topic, Kind.TOPIC, topic),
        ("mailto:ann@example.com", Kind.MAIL, "ann@example.com"),
        (f"{OWN}:mail/ann@example.com", Kind.MAIL, "ann@example.com"),
        ("https://example.com:8443/a?b=c", Kind.WEBHOOK, "https://example.com:8443/a?b=c"),
        (f"{OWN}:webhook/https://example.com/a", Kind.WEBHOOK, "https://example.com/a"),
        (f"{OWN}:command/page", Kind.COMMAND, "page"),
        (f"{OWN}:pause-sending", Kind.PAUSE_SENDING, ""),
        (f"{OWN}:pause-sending/news", Kind.PAUSE_SENDING, "news"),
        (f"{OWN}:topic/x", Kind.OTHER, "x"),
        ("arn:aws:automate:us-east-1:ec2:stop", Kind.OTHER, "automate"),
        ("arn:alarm", Kind.OTHER, ""),
    ):
        assert target(action) == Target(kind, value)


@given(
    st.text() | st.text().map(lambda text: f"{OWN}:{text}") | st.text().map(lambda text: f"https://{text}")
)
def test_whatever_stands_there_is_taken_or_refused(action: str) -> None:
    target(action)
    found = problem(action, HERE)
    assert found is None or found.startswith("Invalid ")


def test_webhooks_are_signed_as_in_the_specifications_example() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert standard_webhooks.shown(secret) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signed = standard_webhooks.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [secret]
    )
    assert signed == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
