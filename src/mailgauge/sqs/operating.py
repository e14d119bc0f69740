"""Queues as the API uses them: each call one transaction, what waits is woken after it is kept."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from mailgauge.base.clock import Clock
from mailgauge.sqs import messages, queues
from mailgauge.sqs.access import Asked, find
from mailgauge.sqs.errors import InvalidValueError, MissingError, SqsError
from mailgauge.sqs.message import Draft, Received, Sent
from mailgauge.sqs.message_checks import check_order
from mailgauge.sqs.queue import Queue
from mailgauge.sqs.waiting import Bells, Gone
from mailgauge.store.transaction import Store, Tx

T = TypeVar("T")
Entry = TypeVar("Entry")


class Queues:
    """The queues of one database. ``bells`` are rung for whoever waits in this process."""

    def __init__(self, mail: Store, clock: Clock) -> None:
        self._mail = mail
        self._clock = clock
        self.bells = Bells(clock)

    def now(self) -> int:
        """In milliseconds."""
        return round(self._clock.now() * 1000)

    async def change(self, asked: Asked, work: Callable[[Tx, Queue], T]) -> T:
        """Something done to a queue, in a transaction."""
        return await self._mail.write(lambda tx: work(tx, find(tx, asked)))

    async def look(self, asked: Asked, work: Callable[[Tx, Queue], T]) -> T:
        return await self._mail.read(lambda tx: work(tx, find(tx, asked)))

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Something that is not about a queue that is there."""
        return await self._mail.write(work)

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._mail.read(work)

    async def send(self, asked: Asked, draft: Draft) -> Sent:
        """Returns after it is kept."""

        def work(tx: Tx) -> Sent:
            queue = find(tx, asked)
            return self.put(tx, queue, draft)

        return await self._mail.write(work)

    def put(self, tx: Tx, queue: Queue, draft: Draft) -> Sent:
        """The same within somebody's transaction. Raises what is wrong with the message."""
        sent = messages.send(tx, queue, draft, self.now())
        self._ring_after(tx, queue)
        return sent

    async def send_all(self, asked: Asked, drafts: Sequence[Draft]) -> list[Sent | SqsError]:
        """What has no place in the order of a FIFO queue spoils the whole batch, as recorded."""

        def every(tx: Tx) -> list[Sent | SqsError]:
            queue = find(tx, asked)
            if queue.is_fifo:
                _check_orders(queue, drafts)
            return [_outcome(tx, queue, draft, self.put) for draft in drafts]

        return await self._mail.write(every)

    async def delete(self, asked: Asked, handles: Sequence[str]) -> list[SqsError | None]:
        def work(tx: Tx, queue: Queue, handle: str) -> None:
            if messages.delete(tx, queue, handle, self.now()) and queue.is_fifo:
                self._ring_after(tx, queue)  # its group may be open now

        return await self._each(asked, handles, work)

    async def change_visibility(
        self, asked: Asked, hidden: Sequence[tuple[str, int]]
    ) -> list[SqsError | None]:
        def work(tx: Tx, queue: Queue, each: tuple[str, int]) -> None:
            messages.change_visibility(tx, queue, *each, self.now())
            self._ring_after(tx, queue)

        return await self._each(asked, hidden, work)

    async def receive(
        self, asked: Asked, most: int, hidden: int | None, wait: int | None, gone: Gone | None = None
    ) -> list[Received]:
        """Waits up to ``wait`` seconds, or as the queue says, for the first message. ``hidden`` is in seconds.

        Who has ``gone`` takes no message along.
        """
        milliseconds = None if hidden is None else hidden * 1000
        began = self._clock.monotonic()
        with self.bells.at((f"{asked.account}/{asked.scope.region}", asked.name)) as bell:
            while True:
                bell.hush()
                taken = await self._mail.write(lambda tx: self._take(tx, asked, most, milliseconds))
                if taken.unlooked:
                    continue
                until = began + (taken.wait / 1000 if wait is None else wait)
                if taken.messages or self._clock.monotonic() >= until:
                    return taken.messages
                # A millisecond later, since times are kept rounded.
                visible = None if taken.next is None else (taken.next + 1) / 1000
                if not await self.bells.heard(bell, until, visible, gone):
                    return []

    async def attributes(self, asked: Asked) -> tuple[Queue, queues.Counts]:
        return await self.look(asked, lambda tx, queue: (queue, queues.counts(tx, queue, self.now())))

    async def set_attributes(self, asked: Asked, given: Mapping[str, str]) -> None:
        await self.change(asked, lambda tx, queue: queues.set_attributes(tx, queue, given, self.now()))

    def _take(self, tx: Tx, asked: Asked, most: int, hidden: int | None) -> messages.Taken:
        taken = messages.receive(tx, find(tx, asked), most, hidden, self.now())
        if taken.redriven is not None:
            self._ring_after(tx, taken.redriven)
        return taken

    async def _each(
        self, asked: Asked, entries: Sequence[Entry], work: Callable[[Tx, Queue, Entry], T]
    ) -> list[T | SqsError]:
        """One transaction for all; what is wrong with one entry is its own affair."""

        def every(tx: Tx) -> list[T | SqsError]:
            queue = find(tx, asked)
            return [_outcome(tx, queue, entry, work) for entry in entries]

        return await self._mail.write(every)

    def _ring_after(self, tx: Tx, queue: Queue) -> None:
        tx.after_commit(lambda: self.bells.ring((queue.scope.key, queue.name)))


def _check_orders(queue: Queue, drafts: Sequence[Draft]) -> None:
    for draft in drafts:
        try:
            check_order(draft, queue)
        except MissingError as error:
            raise InvalidValueError(str(error)) from error


def _outcome(tx: Tx, queue: Queue, entry: Entry, work: Callable[[Tx, Queue, Entry], T]) -> T | SqsError:
    try:
        return work(tx, queue, entry)
    except SqsError as error:
        # Everything is checked before anything is written.
        return error
