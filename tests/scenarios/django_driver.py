"""A Django site's mail settings without the site: sends the messages it is given a line each, and says what came back.

It runs with the Python that has Django, django-ses and django-anymail; nothing of Mailgauge is installed there.
"""

import contextlib
import io
import json
import os
import sys
from typing import Any

import django
from django.conf import settings
from django.core import mail
from django.core.management import call_command

ENDPOINT, REGION = os.environ["ENDPOINT"], os.environ["REGION"]
BACKENDS = {
    "django-ses": "django_ses.SESBackend",
    "django-ses-v2": "django_ses.SESBackend",
    "anymail": "anymail.backends.amazon_ses.EmailBackend",
}
KEYS = {"aws_access_key_id": os.environ["KEY_ID"], "aws_secret_access_key": os.environ["SECRET"]}


def configure(sender: str) -> None:
    settings.configure(
        SECRET_KEY="of no use here",
        USE_TZ=True,
        INSTALLED_APPS=["django_ses", "anymail"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        EMAIL_BACKEND=BACKENDS[sender],
        AWS_SES_ACCESS_KEY_ID=os.environ["KEY_ID"],
        AWS_SES_SECRET_ACCESS_KEY=os.environ["SECRET"],
        AWS_SES_REGION_NAME=REGION,
        AWS_SES_REGION_ENDPOINT_URL=ENDPOINT,
        AWS_SES_CONFIGURATION_SET=os.environ["SET"],
        USE_SES_V2=sender == "django-ses-v2",
        ANYMAIL={
            "AMAZON_SES_SESSION_PARAMS": KEYS,
            "AMAZON_SES_CLIENT_PARAMS": {"endpoint_url": ENDPOINT, "region_name": REGION},
            "AMAZON_SES_CONFIGURATION_SET_NAME": os.environ["SET"],
            "AMAZON_SES_MESSAGE_TAG_NAME": "campaign",
        },
    )
    django.setup()
    call_command("migrate", verbosity=0)


def send(job: dict[str, Any]) -> dict[str, Any]:
    """``message`` are the arguments of EmailMultiAlternatives, ``extra`` what django-anymail adds to it."""
    message = mail.EmailMultiAlternatives(**job["message"])
    if job.get("html"):
        message.attach_alternative(job["html"], "text/html")
    for attachment in job.get("attachments", []):
        message.attach(*attachment)
    for name, value in job.get("extra", {}).items():
        setattr(message, name, value)
    sent = message.send()
    status = getattr(message, "anymail_status", None)
    if status is None:
        return {"sent": sent, "id": message.extra_headers["message_id"]}
    people = {address: [each.status, each.message_id] for address, each in status.recipients.items()}
    single = status.message_id if isinstance(status.message_id, str) else None
    return {"sent": sent, "id": single, "recipients": people}


def run(command: list[str]) -> dict[str, Any]:
    """A management command, what it printed, and the statistics that the site has stored."""
    from django_ses.models import SESStat

    with contextlib.redirect_stdout(io.StringIO()) as printed:
        call_command(*command, stdout=printed)
    columns = ("delivery_attempts", "bounces", "complaints", "rejects")
    return {"printed": printed.getvalue(), "stored": list(SESStat.objects.values(*columns))}


def main() -> None:
    configure(os.environ["SENDER"])
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = {"result": run(job["command"]) if "command" in job else send(job)}
        except Exception as error:  # noqa: BLE001 - whatever the library raises is what the test asks for
            answer = {"error": {"name": type(error).__name__, "message": str(error)}}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
