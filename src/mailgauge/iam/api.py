"""The one operation of STS that tools ask for first: who am I (sts/GetCallerIdentity)."""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.iam.keys import ROOT


def operations() -> dict[str, Handler]:
    """The operations of ``sts``."""
    return {"GetCallerIdentity": get_caller_identity}


async def get_caller_identity(caller: Caller, params: Params) -> Result:
    """Account, ARN and user id. A user's own id is the access key id; root's is the account, as on AWS."""
    return {
        "UserId": caller.scope.account if caller.user == ROOT else caller.access_key_id,
        "Account": caller.scope.account,
        "Arn": caller.arn,
    }
