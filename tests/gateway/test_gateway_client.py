import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.aws.models import Models
from mailgauge.aws.request import Caller, Params, Result
from mailgauge.base.scope import Scope
from mailgauge.gateway.client import Client
from mailgauge.iam import api
from mailgauge.iam.policies import Policy

CALLER = Caller(Scope("123456789012", "eu-west-1"), "alice", "AKIATEST", "127.0.0.1", None, "request-1", 0.0)


async def delete(caller: Caller, params: Params) -> Result:
    return {"deleted": params["EmailIdentity"]}


@pytest.fixture
def client() -> Client:
    return Client({"sts": api.operations(), "sesv2": {"DeleteEmailIdentity": delete}}, Models())


async def test_an_operation_is_called_by_name_without_http(client: Client) -> None:
    assert await client.call(CALLER, "sesv2", "DeleteEmailIdentity", {"EmailIdentity": "a.test"}) == {
        "deleted": "a.test"
    }
    answer = await client.call(CALLER, "sts", "GetCallerIdentity", {})
    assert answer == {
        "UserId": "AKIATEST",
        "Account": "123456789012",
        "Arn": "arn:aws:iam::123456789012:user/alice",
    }


@pytest.mark.parametrize(
    ("operation", "params", "policy", "code"),
    [
        ("DeleteEmailIdentity", {"EmailIdentity": "a.test"}, Policy.READ_ONLY, "AccessDenied"),
        ("DeleteEmailIdentity", {}, Policy.FULL, "BadRequestException"),
        ("GetEmailIdentity", {"EmailIdentity": "a.test"}, Policy.FULL, "UnknownOperationException"),
        ("DropEverything", {}, Policy.FULL, "UnknownOperationException"),
    ],
)
async def test_the_console_is_held_to_the_same_rules_as_a_request(
    client: Client, operation: str, params: Params, policy: Policy, code: str
) -> None:
    with pytest.raises(AwsError) as caught:
        await client.call(CALLER, "sesv2", operation, params, policy)
    assert caught.value.code == code
