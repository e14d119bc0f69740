"""Where the virus scan is configured: its worker in front of the prepare stage, and what health checks say of the scanner."""

from collections.abc import Sequence

from mailgauge.base.clock import Clock
from mailgauge.base.health import Check, Finding, Level
from mailgauge.base.tasks import Supervisor
from mailgauge.config.options import Scan
from mailgauge.scan.clamd import Clamd, ClamdError, parse_address
from mailgauge.scan.verdict import Unscannable
from mailgauge.ses.preparing import Preparer
from mailgauge.ses.scanning import ScanWorker

_PATIENCE = 3.0
"""Seconds in which a check of its own wants an answer: whoever asks for all of them waits."""


def start_preparing(options: Scan, preparer: Preparer, clock: Clock, tasks: Supervisor) -> None:
    """With the scan in front where there is a scanner."""
    if options.clamd:
        scanner = Clamd(parse_address(options.clamd), options.timeout)
        tasks.keep("scan and prepare", ScanWorker(preparer, scanner, clock, tasks).run)
    else:
        tasks.keep("prepare", preparer.run)


def scan_checks(options: Scan) -> Sequence[Check]:
    """What ``/healthz`` and ``doctor`` ask."""
    if not options.clamd:
        return ()
    scanner = Clamd(parse_address(options.clamd), _PATIENCE, _PATIENCE)

    async def virus_scan() -> list[Finding]:
        if gone := await scanner.unavailable():
            advice = "Accepted mail waits until it is back, and bounces when its time is over. Nothing goes unscanned."
            return [Finding("virus scan", Level.PROBLEM, gone.reason, advice)]
        try:
            text = await scanner.version()
        except ClamdError as error:
            text = str(error)
        return [Finding("virus scan", Level.OK, f"{text} at {scanner.address}")]

    return (virus_scan,)


def largest_message_check(options: Scan, most_bytes: int) -> Sequence[Check]:
    """What only ``doctor`` asks, because it sends clamd as much as the largest message has."""
    if not options.clamd:
        return ()
    scanner = Clamd(parse_address(options.clamd), options.timeout)

    async def largest_message() -> list[Finding]:
        verdict = await scanner.scan(bytes(most_bytes))
        if not isinstance(verdict, Unscannable):
            return []
        text = f"a message of {most_bytes} bytes, the largest that is accepted, can't be scanned: {verdict.reason}"
        advice = "Such mail waits until it bounces. Raise StreamMaxLength in clamd.conf, or lower [limits]."
        return [Finding("virus scan", Level.WARNING, text, advice)]

    return (largest_message,)
