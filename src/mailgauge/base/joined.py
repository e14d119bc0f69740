"""Questions that several ask at the same time, asked once. It keeps nothing once everybody has the answer."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class _Question(Generic[Value]):
    """``answers`` is empty until there is one; it stays so when whoever asked was cancelled."""

    ended: asyncio.Event = field(default_factory=asyncio.Event)
    answers: list[Value] = field(default_factory=list)


class Joined(Generic[Key, Value]):
    """Who asks what is being asked already waits for that answer."""

    def __init__(self) -> None:
        self._open: dict[Key, _Question[Value]] = {}

    async def ask(self, key: Key, ask: Callable[[], Awaitable[Value]]) -> Value:
        """The answer to ``key``: that of ``ask()``, or of the call of another that is under way."""
        while (question := self._open.get(key)) is not None:
            await question.ended.wait()
            if question.answers:
                return question.answers[0]
        question = self._open[key] = _Question()
        try:
            answer = await ask()
            question.answers.append(answer)
            return answer
        finally:
            del self._open[key]
            question.ended.set()
