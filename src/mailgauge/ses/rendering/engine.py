"""Handlebars.js in QuickJS: one context with the library and the templates compiled so far, thrown away after any overrun.

It is meant for a process of its own: the engine measures time by the processor time of the whole process.
"""

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from mailgauge.ses.rendering.work import Job, Limits, Outcome, Problem, Sources

MEMORY = 128 << 20
STACK = 1 << 20
_SCRIPTS = ("handlebars.min.js", "strict.js")
_MOST_HEAVY = 10_000


class _OverrunError(Exception):
    """The engine stopped the work at one of its limits."""

    def __init__(self, detail: str, *, in_time: bool) -> None:
        super().__init__(detail)
        self.in_time = in_time


class Engine:
    """Renders and checks one thing at a time."""

    def __init__(self) -> None:
        import quickjs

        self._quickjs = quickjs
        self._scripts = [_enclosed(name) for name in _SCRIPTS]
        self._context: Any = None
        self._fresh = True
        self._heavy: set[str] = set()
        self._untried: dict[str, int] = {}

    def render(self, job: Job, sources: Sources, limits: Limits) -> Outcome:
        """Never raises for what a template or its data does."""
        if job.key in self._heavy:
            return _overrun("it takes too long to read")
        if self._is_to_be_left(job.key):
            return _overrun("it took too long just before")
        outcome = self._twice_if_used(lambda: self._render(job, sources, limits))
        if outcome.problem is Problem.TOO_MUCH and limits.untried and len(self._untried) < _MOST_HEAVY:
            self._untried[job.key] = limits.untried
        return outcome

    def _is_to_be_left(self, key: str) -> bool:
        left = self._untried.pop(key, 0)
        if left > 1:
            self._untried[key] = left - 1
        return left > 0

    def check(self, sources: Sources, limits: Limits) -> Outcome:
        """Whether a template can be read at all; the outcome has no parts."""
        return self._twice_if_used(lambda: self._call("checkTemplate", limits.compiling, json.dumps(sources)))

    def _render(self, job: Job, sources: Sources, limits: Limits) -> Outcome:
        if not self._get("knowsTemplate")(job.key):
            try:
                added = self._call("addTemplate", limits.compiling, job.key, json.dumps(sources))
            except _OverrunError as error:
                if not error.in_time and len(self._heavy) < _MOST_HEAVY:
                    self._heavy.add(job.key)
                raise
            if added.problem is not None:
                return added
        return self._call("render", limits.rendering, job.key, job.data)

    def _twice_if_used(self, work: Callable[[], Outcome]) -> Outcome:
        """What overran in a context that others had filled gets a second chance in an empty one."""
        for _ in range(2):
            was_fresh = self._fresh
            try:
                return work()
            except _OverrunError as error:
                self._context = None
                self._fresh = True
                overrun = error
            if was_fresh or not overrun.in_time:
                break
        return _overrun(str(overrun))

    def _call(self, name: str, seconds: float, *arguments: str) -> Outcome:
        function = self._get(name)
        self._context.set_time_limit(seconds)
        try:
            kind, value = json.loads(function(*arguments))
        except self._quickjs.JSException as error:
            text = str(error).partition("\n")[0]
            raise _OverrunError(text, in_time="interrupted" not in text) from error
        finally:
            if self._context is not None:
                self._context.set_time_limit(-1)
        if kind == "ok":
            self._fresh = self._fresh and name == "checkTemplate"
            return Outcome(*value)
        return Outcome(problem=Problem.MISSING if kind == "missing" else Problem.INVALID, detail=value)

    def _get(self, name: str) -> Any:
        if self._context is None:
            self._context = self._quickjs.Context()
            self._context.set_memory_limit(MEMORY)
            self._context.set_max_stack_size(STACK)
            for script in self._scripts:
                self._context.eval(script)
        return self._context.get(name)


def _enclosed(name: str) -> str:
    source = files(__package__).joinpath(name).read_text("utf-8")
    return source if name == _SCRIPTS[0] else "{" + source + "}"


def _overrun(detail: str) -> Outcome:
    return Outcome(problem=Problem.TOO_MUCH, detail=detail)
