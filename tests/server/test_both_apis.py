"""One state behind two APIs: what is written through v1 reads back through v2 and the reverse, resource by resource.

Each case writes through one API, or through one after the other; then both must show the same, and show what was written.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.service import running
from tests.server import wire_views as views
from tests.server.both_apis import DOMAIN_1, DOMAIN_2, IDENTITY, SET, SET_1, SET_2, Case, v1, v2
from tests.server.both_apis_account import ACCOUNTS, PARTS_1, PARTS_2, TEMPLATES
from tests.server.both_apis_identities import IDENTITIES
from tests.server.both_apis_sets import (
    DESTINATIONS,
    METRICS_1,
    METRICS_2,
    ONLY_IN_V2,
    SETS,
    destination_v1,
    destination_v2,
    tracked_v1,
    tracked_v2,
)
from tests.server.wire import CONFIGURATIONS, Call, Clients, Step, World, holds, verify_by_link

pytestmark = pytest.mark.scenario

CASES = {**IDENTITIES, **DESTINATIONS, **SETS, **TEMPLATES, **ACCOUNTS}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    with running(tmp_path_factory.mktemp("service") / "data") as service:
        started = Clients(service)
        yield started
        started.close()


@pytest.fixture(scope="module")
def proving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """A service where identities wait until they are proved."""
    path = tmp_path_factory.mktemp("proving")
    options = path / "options.toml"
    options.write_text(CONFIGURATIONS["proving"])
    with running(path / "data", "--config", str(options)) as service:
        started = Clients(service)
        yield started
        started.close()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_both_apis_show_the_same(clients: Clients, case: Case) -> None:
    world = World(clients)
    world.do(case.steps)
    shown = case.resource.v1(world, case.resource.name)
    assert shown == case.resource.v2(world, case.resource.name)
    assert holds(shown, world.filled(case.shown)), shown


@pytest.mark.parametrize(("steps", "kept"), ONLY_IN_V2.values(), ids=ONLY_IN_V2)
def test_v1_does_not_touch_what_it_knows_nothing_of_in_a_set(
    clients: Clients, steps: list[Step], kept: dict[str, Any]
) -> None:
    world = World(clients)
    world.do(steps)
    found = world.call(v2("GetConfigurationSet", ConfigurationSetName=SET))
    assert {name: found[name] for name in kept} == kept


def test_v1_does_not_touch_what_it_knows_nothing_of_in_an_identity_and_a_template(clients: Clients) -> None:
    world, tags = World(clients), [{"Key": "team", "Value": "post"}]
    world.do(
        [
            SET_1,
            v2("CreateEmailIdentity", EmailIdentity=IDENTITY, ConfigurationSetName=SET, Tags=tags),
            v2("CreateEmailTemplate", TemplateName="hello", TemplateContent=PARTS_2, Tags=tags),
            DOMAIN_1,
            v1("VerifyDomainDkim", Domain=IDENTITY),
            v1("UpdateTemplate", Template=PARTS_1),
        ]
    )
    identity = world.call(v2("GetEmailIdentity", EmailIdentity=IDENTITY))
    assert (identity["Tags"], identity["ConfigurationSetName"]) == (tags, SET)
    assert world.call(v2("GetEmailTemplate", TemplateName="hello"))["Tags"] == tags


@pytest.mark.parametrize("made", [DOMAIN_1, DOMAIN_2], ids=["v1", "v2"])
def test_both_apis_show_the_same_of_a_domain_that_is_not_proved(proving: Clients, made: Call) -> None:
    world = World(proving)
    world.do([made, v1("VerifyDomainDkim", Domain=IDENTITY)])
    world.do([v1("SetIdentityMailFromDomain", Identity=IDENTITY, MailFromDomain="bounce.example.com")])
    shown = views.identity_v1(world, IDENTITY)
    assert shown == views.identity_v2(world, IDENTITY)
    assert (shown["status"], shown["DKIM"], shown["MAIL FROM status"]) == ("PENDING",) * 3


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_both_apis_show_the_same_of_an_address_before_and_after_its_link_is_opened(
    proving: Clients, api: str
) -> None:
    world, address = World(proving), f"{api}@example.com"
    made = {
        "v1": v1("VerifyEmailIdentity", EmailAddress=address),
        "v2": v2("CreateEmailIdentity", EmailIdentity=address),
    }
    for steps, status in (([made[api]], "PENDING"), ([verify_by_link(address)], "SUCCESS")):
        world.do(steps)
        shown = views.identity_v1(world, address)
        assert shown == views.identity_v2(world, address)
        assert shown["status"] == status


@pytest.mark.parametrize(
    ("given", "again", "error"),
    [
        ([DOMAIN_1], DOMAIN_2, "AlreadyExistsException"),
        ([SET_1], SET_2, "AlreadyExistsException"),
        ([SET_2], SET_1, "ConfigurationSetAlreadyExists"),
        (
            [v2("CreateEmailTemplate", TemplateName="hello", TemplateContent=PARTS_2)],
            v1("CreateTemplate", Template=PARTS_1),
            "AlreadyExists",
        ),
        (
            [SET_1, destination_v2(**METRICS_2)],
            destination_v1(**METRICS_1),
            "EventDestinationAlreadyExists",
        ),
        (
            [DOMAIN_1, SET_1, tracked_v2(CustomRedirectDomain="go.example.com")],
            tracked_v1("Create", "go.example.com"),
            "TrackingOptionsAlreadyExistsException",
        ),
    ],
    ids=["identity", "set in v2", "set in v1", "template", "destination", "tracking options"],
)
def test_what_one_api_made_the_other_does_not_make_again(
    clients: Clients, given: list[Step], again: Call, error: str
) -> None:
    world = World(clients)
    world.do(given)
    with pytest.raises(ClientError) as caught:
        world.call(again)
    assert caught.value.response["Error"]["Code"] == error
