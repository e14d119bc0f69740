"""What the cases of both APIs are made of: resources, and calls that more than one kind of case begins with."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.server import wire_views as views
from tests.server.wire import Call, Step, World
from tests.server.wire_views import View

Look = Callable[[World, str], View]
SET, IDENTITY, ADDRESS = "news", "example.com", "me@example.com"


class Resource(NamedTuple):
    """How each API shows a resource of this name."""

    name: str
    v1: Look
    v2: Look


class Case(NamedTuple):
    """``shown`` is what must be seen, of the view that both APIs share."""

    resource: Resource
    steps: list[Step]
    shown: dict[str, Any]


DOMAIN = Resource(IDENTITY, views.identity_v1, views.identity_v2)
MAILBOX = Resource(ADDRESS, views.identity_v1, views.identity_v2)
CONFIGURATION_SET = Resource(SET, views.set_v1, views.set_v2)
TEMPLATE = Resource("hello", views.template_v1, views.template_v2)
CUSTOM = Resource("confirm", views.custom_v1, views.custom_v2)
ACCOUNT = Resource("", views.account_v1, views.account_v2)


def v1(operation: str, **parameters: Any) -> Call:
    return Call(f"ses.{operation}", parameters)


def v2(operation: str, **parameters: Any) -> Call:
    return Call(f"sesv2.{operation}", parameters)


DOMAIN_1, DOMAIN_2 = (
    v1("VerifyDomainIdentity", Domain=IDENTITY),
    v2("CreateEmailIdentity", EmailIdentity=IDENTITY),
)
ADDRESS_1 = v1("VerifyEmailIdentity", EmailAddress=ADDRESS)
ADDRESS_2 = v2("CreateEmailIdentity", EmailIdentity=ADDRESS)
SET_1 = v1("CreateConfigurationSet", ConfigurationSet={"Name": SET})
SET_2 = v2("CreateConfigurationSet", ConfigurationSetName=SET)
TOPIC = "arn:aws:sns:us-east-1:(account):feedback"
MADE_TOPIC = Call("sns.CreateTopic", {"Name": "feedback"})
TOPICS: list[Step] = [
    MADE_TOPIC,
    *(
        v1("SetIdentityNotificationTopic", Identity=IDENTITY, NotificationType=kind, SnsTopic=TOPIC)
        for kind in ("Bounce", "Complaint")
    ),
]
ROLE, STREAM = (
    "arn:aws:iam::(account):role/events",
    "arn:aws:firehose:us-east-1:(account):deliverystream/events",
)
