"""The one operation of STS that tools ask for first: who am I (sts/GetCallerIdentity)."""

from mailgauge.aws.request import Caller, Handler, Params, Result


def operations() -> dict[str, Handler]:
    """The operations of ``sts``."""
    return {"GetCallerIdentity": get_caller_identity}


async def get_caller_identity(caller: Caller, params: Params) -> Result:
    """Account, ARN and user id. AWS has a unique id for each user; here the access key id stands for it."""
    return {
        "UserId": caller.access_key_id or caller.scope.account,
        "Account": caller.scope.account,
        "Arn": caller.arn,
    }
