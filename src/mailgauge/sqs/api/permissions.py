"""Permissions: statements of a queue's policy by their labels (sqs/AddPermission)."""

import re
from typing import Any, Final

import orjson

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.sqs import queues
from mailgauge.sqs.api.addresses import asked
from mailgauge.sqs.errors import MissingError, OverLimitError
from mailgauge.sqs.message_checks import invalid
from mailgauge.sqs.operating import Queues
from mailgauge.sqs.queue import Queue
from mailgauge.store.transaction import Tx

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")
_MOST_ACTIONS: Final = 7
_ALLOWED: Final = frozenset(
    {
        "*",
        "SendMessage",
        "ReceiveMessage",
        "DeleteMessage",
        "ChangeMessageVisibility",
        "GetQueueAttributes",
        "GetQueueUrl",
    }
)


def permission_operations(state: Queues) -> dict[str, Handler]:
    async def add(caller: Caller, params: Params) -> Result:
        _check(params)
        await state.change(
            asked(caller, params, "AddPermission"),
            lambda tx, queue: _put(
                tx, queue, [*_without(queue, params["Label"]), _statement(queue, params)], state.now()
            ),
        )
        return {}

    async def remove(caller: Caller, params: Params) -> Result:
        label = params["Label"]

        def work(tx: Tx, queue: Queue) -> None:
            statements = _statements(queue)
            left = [each for each in statements if each.get("Sid") != label]
            if len(left) == len(statements):
                raise invalid("Label", label, "can't find label.")
            _put(tx, queue, left, state.now())

        await state.change(asked(caller, params, "RemovePermission"), work)
        return {}

    return {"AddPermission": add, "RemovePermission": remove}


def _check(params: Params) -> None:
    label, actions = params["Label"], params["Actions"]
    if not _LABEL.fullmatch(label):
        raise invalid(
            "Label",
            label,
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        )
    if not actions:
        raise MissingError("Actions")
    if not params["AWSAccountIds"]:
        raise invalid("PrincipalId", "[]", "Unable to verify.")
    if len(actions) > _MOST_ACTIONS:
        raise OverLimitError(f"{len(actions)} Actions were found, maximum allowed is {_MOST_ACTIONS}.")
    for action in actions:
        if action not in _ALLOWED:
            raise invalid(
                "ActionName", f"SQS:{action}", "Only the queue owner is allowed to invoke this action."
            )
    for account in params["AWSAccountIds"]:
        if not re.fullmatch(r"\d{12}", account):
            raise invalid("PrincipalId", account, "Unable to verify.")


def _statement(queue: Queue, params: Params) -> dict[str, Any]:
    principals = [f"arn:{queue.scope.partition}:iam::{account}:root" for account in params["AWSAccountIds"]]
    actions = [f"SQS:{action}" for action in params["Actions"]]
    return {
        "Sid": params["Label"],
        "Effect": "Allow",
        "Principal": {"AWS": principals[0] if len(principals) == 1 else principals},
        "Action": actions[0] if len(actions) == 1 else actions,
        "Resource": queue.arn,
    }


def _without(queue: Queue, label: str) -> list[dict[str, Any]]:
    statements = _statements(queue)
    if any(each.get("Sid") == label for each in statements):
        raise invalid("Label", label, "Already exists.")
    return statements


def _statements(queue: Queue) -> list[dict[str, Any]]:
    policy = orjson.loads(queue.attributes.get("Policy") or "{}")
    found = policy.get("Statement") or []
    statements: list[dict[str, Any]] = found if isinstance(found, list) else [found]
    return statements


def _put(tx: Tx, queue: Queue, statements: list[dict[str, Any]], now: int) -> None:
    text = ""
    if statements:
        known = orjson.loads(queue.attributes.get("Policy") or "{}")
        policy = {
            "Version": "2008-10-17",
            "Id": f"{queue.arn}/SQSDefaultPolicy",
            **known,
            "Statement": statements,
        }
        text = orjson.dumps(policy).decode()
    queues.set_attributes(tx, queue, {"Policy": text}, now)
