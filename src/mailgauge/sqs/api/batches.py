"""What calls about several messages have in common: entries with ids, and an outcome for each (sqs/SendMessageBatch)."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mailgauge.aws.errors import AwsError
from mailgauge.aws.request import Params, Result
from mailgauge.sqs.api.errors import to_aws
from mailgauge.sqs.errors import SqsError

MOST_ENTRIES: Final = 10
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")

Entry = dict[str, Any]


def entries(params: Params, kind: str) -> list[Entry]:
    """The entries of a call. Raises what is wrong with them all together; ``kind`` is their type's name."""
    found: list[Entry] = params["Entries"]
    if not found:
        raise AwsError("EmptyBatchRequest", f"There should be at least one {kind} in the request.")
    if len(found) > MOST_ENTRIES:
        text = f"Maximum number of entries per request are {MOST_ENTRIES}. You have sent {len(found)}."
        raise AwsError("TooManyEntriesInBatchRequest", text)
    seen = set()
    for each in found:
        if not _ID.fullmatch(each["Id"]):
            raise AwsError(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80"
                " letters long.",
            )
        if each["Id"] in seen:
            raise AwsError("BatchEntryIdsNotDistinct", f"Id {each['Id']} repeated.")
        seen.add(each["Id"])
    return found


def answer(
    given: Sequence[Entry],
    outcomes: Sequence[object],
    shown: Callable[[Entry, Any], Mapping[str, Any]] = lambda entry, outcome: {},
) -> Result:
    """Who succeeded, with what there is to show of it, and who failed, in the order of the entries."""
    successful, failed = [], []
    for entry, outcome in zip(given, outcomes, strict=True):
        if isinstance(outcome, SqsError):
            failed.append(_failure(entry["Id"], to_aws(outcome)))
        else:
            successful.append({"Id": entry["Id"], **shown(entry, outcome)})
    return {"Successful": successful, "Failed": failed}


def _failure(entry_id: str, error: AwsError) -> dict[str, Any]:
    return {"Id": entry_id, "SenderFault": True, "Code": error.code, "Message": error.message}
