"""Asks django-ses's verifier of SNS messages about one message a line: ``{"result": true}`` or false.

It runs with the Python that has Django and django-ses; ``HOST`` is where the certificate may lie.
"""

import json
import os
import sys

import django
from django.conf import settings


def main() -> None:
    settings.configure(
        SECRET_KEY="of no use here",
        INSTALLED_APPS=["django_ses"],
        AWS_SNS_EVENT_CERT_TRUSTED_DOMAINS=[os.environ["HOST"]],
    )
    django.setup()
    from django_ses.utils import EventMessageVerifier

    for line in sys.stdin:
        answer = {"result": EventMessageVerifier(json.loads(line)).is_verified()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
