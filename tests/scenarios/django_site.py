"""A Django site that listens to topics by the views of django-ses and of django-anymail, and says what they made of it.

It runs with the Python that has Django, django-ses and django-anymail; nothing of Mailgauge is installed there. Each
line that it prints is a JSON object: first the port, then what happens.
"""

import json
import os
import sys
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

KEYS = {"aws_access_key_id": os.environ["KEY_ID"], "aws_secret_access_key": os.environ["SECRET"]}
KINDS = ("bounce", "complaint", "delivery", "send", "open", "click")


def configure() -> None:
    settings.configure(
        SECRET_KEY="of no use here",
        ALLOWED_HOSTS=["127.0.0.1"],
        USE_TZ=True,
        INSTALLED_APPS=["anymail"],
        # Its signatures are another test's: they are verified against the certificate's address.
        AWS_SES_VERIFY_EVENT_SIGNATURES=False,
        ANYMAIL={
            "WEBHOOK_SECRET": "listener:secret",
            "AMAZON_SES_SESSION_PARAMS": KEYS,
            "AMAZON_SES_CLIENT_PARAMS": {"endpoint_url": os.environ["ENDPOINT"]},
        },
    )
    django.setup()
    settings.ROOT_URLCONF = patterns()


def patterns() -> tuple[Any, ...]:
    """The views of both libraries, whose signals are said."""
    from anymail.signals import tracking
    from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt
    from django_ses import signals, views

    # It follows links of amazonaws.com only, so somebody else has to confirm.
    views.utils.confirm_sns_subscription = confirm
    tracking.connect(heard_by_anymail)
    for kind in KINDS:
        signals.__dict__[f"{kind}_received"].connect(heard_by_django_ses(kind), weak=False)
    return (
        path("django-ses", csrf_exempt(views.SESEventWebhookView.as_view())),
        path("anymail", AmazonSESTrackingWebhookView.as_view()),
    )


def say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def confirm(notification: dict[str, Any]) -> None:
    say(confirm=[notification["TopicArn"], notification["Token"]])


def heard_by_anymail(event: Any, **_: Any) -> None:
    say(
        view="anymail",
        event=event.event_type,
        message=event.message_id,
        recipient=event.recipient,
        reason=event.reject_reason,
    )


def heard_by_django_ses(kind: str) -> Any:
    def heard(mail_obj: dict[str, Any], **rest: Any) -> None:
        say(view="django-ses", event=kind, message=mail_obj["messageId"], found=rest[f"{kind}_obj"])

    return heard


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def main() -> None:
    configure()
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as server:
        say(port=server.server_port)
        server.serve_forever()


if __name__ == "__main__":
    main()
