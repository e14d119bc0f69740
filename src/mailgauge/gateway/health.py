"""``/healthz``: what the parts' own health checks find, as JSON. 200 while the service can do its work, else 503."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import orjson

from mailgauge.base.asgi import Receive, Scope, Send
from mailgauge.base.clock import Clock
from mailgauge.base.health import Check, Finding, Level
from mailgauge.gateway.asgi import respond

log = logging.getLogger(__name__)

# A check that hangs is itself a finding.
_PATIENCE_SECONDS = 5.0
# Probes come from anywhere and may come often.
_HOLD_SECONDS = 1.0
_ORDER = (Level.OK, Level.WARNING, Level.PROBLEM)


class Health:
    """An ASGI application. The checks run together, and at most once a second."""

    def __init__(self, checks: Sequence[Check], clock: Clock) -> None:
        self._checks = tuple(checks)
        self._clock = clock
        self._held: tuple[float, int, bytes] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._held is None or self._clock.monotonic() >= self._held[0]:
            status, report = await self._report()
            self._held = (self._clock.monotonic() + _HOLD_SECONDS, status, orjson.dumps(report))
        _, status, body = self._held
        await respond(
            send, status, [("content-type", "application/json"), ("cache-control", "no-store")], body
        )

    async def _report(self) -> tuple[int, dict[str, Any]]:
        findings = [f for found in await asyncio.gather(*map(_run, self._checks)) for f in found]
        worst = max((f.level for f in findings), key=_ORDER.index, default=Level.OK)
        report = {
            "status": worst.value,
            "findings": [
                {"check": f.check, "level": f.level.value, "text": f.text, "advice": f.advice}
                for f in findings
            ],
        }
        return (503 if worst is Level.PROBLEM else 200), report


async def _run(check: Check) -> list[Finding]:
    name = getattr(check, "__name__", type(check).__name__)
    try:
        return await asyncio.wait_for(check(), _PATIENCE_SECONDS)
    except TimeoutError:
        return [Finding(name, Level.PROBLEM, f"the check did not end within {_PATIENCE_SECONDS:g} seconds")]
    except Exception as error:  # a check that fails must not hide what the others found
        log.exception("health check failed", extra={"check": name})
        return [Finding(name, Level.PROBLEM, f"the check failed with {type(error).__name__}", "see the log")]
