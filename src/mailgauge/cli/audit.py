"""``mailgauge audit``: compares journal, metrics and what topics were told, and accounts for every accepted message."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import orjson

from mailgauge.cli.arguments import data_option, json_option
from mailgauge.cli.failures import failures_in_words
from mailgauge.destinations.notices import Outcome
from mailgauge.destinations.notified import Count
from mailgauge.server.audit import Report, audit
from mailgauge.server.data import DataDirectory
from mailgauge.server.storage import Storage

_MOST_SHOWN = 50


@click.command(name="audit")
@data_option
@json_option
@failures_in_words
def audit_command(data: Path, as_json: bool) -> None:
    """Recount the journal and compare it with the metrics, and with what was published to topics.

    Exits 0 when they agree and every accepted message is accounted for, else 1. The service may be running.
    """
    directory = DataDirectory(data)
    directory.must_exist()
    storage = Storage.look(directory)
    try:
        report = audit(storage.mail, storage.metrics)
    finally:
        storage.close()
    click.echo(orjson.dumps(_as_json(report)).decode() if as_json else _as_text(report))
    sys.exit(0 if report.agrees else 1)


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "agrees": report.agrees,
        "covered": None if report.covered is None else [_time(each) for each in report.covered],
        "position": report.position,
        "entries": report.entries,
        "behind": report.behind,
        "cells": report.cells,
        "series": report.series,
        "messages": report.messages,
        "recipients": report.recipients,
        "waiting": report.waiting,
        "dispatched": report.dispatched,
        "notices": [_notice(each) for each in report.notices],
        "differences": report.differences,
    }


def _as_text(report: Report) -> str:
    if report.covered is None:
        covered = "nothing: the journal holds no entries"
    else:
        covered = " to ".join(_time(each) for each in report.covered)
    lines = [
        f"period     {covered}",
        f"journal    {report.entries} entries counted up to position {report.position}, {report.behind} not published yet",
        f"metrics    {report.cells} hour cells of {report.series} series compared",
        f"messages   {report.messages} accepted, for {report.recipients} recipients, {report.waiting} still queued",
    ]
    lines.append(_topics(report))
    lines += [f"DIFFERENCE {text}" for text in report.differences[:_MOST_SHOWN]]
    if len(report.differences) > _MOST_SHOWN:
        lines.append(f"... and {len(report.differences) - _MOST_SHOWN} more differences")
    lines.append("agrees: no difference" if report.agrees else f"{len(report.differences)} differences")
    return "\n".join(lines)


def _topics(report: Report) -> str:
    told = sum(each.count for each in report.notices if each.outcome is Outcome.PUBLISHED)
    lost = sum(each.count for each in report.notices) - told
    return f"topics     {told} events published to them, {lost} dropped, up to position {report.dispatched}"


def _notice(count: Count) -> dict[str, Any]:
    who = count.recipient
    return {
        "account": who.scope.account,
        "region": who.scope.region,
        "version": who.version,
        "name": who.name,
        "outcome": count.outcome,
        "count": count.count,
        "last": _time(count.last),
    }


def _time(milliseconds: int) -> str:
    return (
        datetime.fromtimestamp(milliseconds / 1000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )
