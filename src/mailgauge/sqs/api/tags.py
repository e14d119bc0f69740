"""Tags of queues."""

from mailgauge.aws.request import Caller, Handler, Params, Result
from mailgauge.sqs import queues
from mailgauge.sqs.api.addresses import asked
from mailgauge.sqs.errors import InvalidValueError, MissingError
from mailgauge.sqs.operating import Queues


def tag_operations(state: Queues) -> dict[str, Handler]:
    async def tag(caller: Caller, params: Params) -> Result:
        more = params["Tags"]
        if not more:
            raise MissingError("Tags")
        await state.change(
            asked(caller, params, "TagQueue"),
            lambda tx, queue: queues.set_tags(tx, queue, {**queue.tags, **more}),
        )
        return {}

    async def untag(caller: Caller, params: Params) -> Result:
        gone = set(params["TagKeys"])
        if not gone:
            raise InvalidValueError("Tag keys must be between 1 and 128 characters in length.")
        await state.change(
            asked(caller, params, "UntagQueue"),
            lambda tx, queue: queues.set_tags(
                tx, queue, {key: value for key, value in queue.tags.items() if key not in gone}
            ),
        )
        return {}

    async def list_tags(caller: Caller, params: Params) -> Result:
        found = await state.look(asked(caller, params, "ListQueueTags"), lambda tx, queue: queue)
        return {"Tags": dict(found.tags)}

    return {"TagQueue": tag, "UntagQueue": untag, "ListQueueTags": list_tags}
