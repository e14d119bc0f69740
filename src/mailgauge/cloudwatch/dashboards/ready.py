"""The dashboard "SES sending" that is offered: volume, outcomes and the rates that SES judges senders by. Pure."""

from typing import Any

import orjson

NAME = "SES-sending"
_NAMESPACE = "AWS/SES"
_WARNING, _PAUSE = "#ff9900", "#d13212"


def sending(region: str) -> str:
    """Its body, for one Region."""
    widgets = [
        _graph("Mail", ["Send", "Delivery"], region, x=0, y=0, stacked=False),
        _graph(
            "What did not arrive",
            ["Bounce", "Complaint", "Reject", "RenderingFailure"],
            region,
            x=12,
            y=0,
            stacked=True,
        ),
        _rate("Bounce rate, percent of sends", "Bounce", region, x=0, warning=5, pause=10),
        _rate("Complaint rate, percent of sends", "Complaint", region, x=12, warning=0.1, pause=0.5),
        _graph("Opens and clicks", ["Open", "Click"], region, x=0, y=12, stacked=False),
        {
            "type": "metric",
            **_at(12, 12),
            "properties": {
                "title": "Sends by campaign, where a destination has such a dimension",
                "region": region,
                "view": "timeSeries",
                "stacked": True,
                "metrics": [
                    [
                        {
                            "expression": "SEARCH('{AWS/SES,campaign} MetricName=\"Send\"', 'Sum', 300)",
                            "id": "e1",
                        }
                    ]
                ],
            },
        },
    ]
    return orjson.dumps({"start": "-P1D", "periodOverride": "inherit", "widgets": widgets}).decode()


def _at(x: int, y: int) -> dict[str, int]:
    return {"x": x, "y": y, "width": 12, "height": 6}


def _graph(title: str, names: list[str], region: str, *, x: int, y: int, stacked: bool) -> dict[str, Any]:
    properties = {
        "title": title,
        "region": region,
        "view": "timeSeries",
        "stacked": stacked,
        "stat": "Sum",
        "period": 300,
        "metrics": [[_NAMESPACE, name] for name in names],
    }
    return {"type": "metric", **_at(x, y), "properties": properties}


def _rate(title: str, name: str, region: str, *, x: int, warning: float, pause: float) -> dict[str, Any]:
    properties = {
        "title": title,
        "region": region,
        "view": "timeSeries",
        "stat": "Sum",
        "period": 3600,
        "metrics": [
            [{"expression": "100*FILL(m1,0)/m2", "id": "e1", "label": title}],
            [_NAMESPACE, name, {"id": "m1", "visible": False}],
            [_NAMESPACE, "Send", {"id": "m2", "visible": False}],
        ],
        "yAxis": {"left": {"min": 0}},
        "annotations": {
            "horizontal": [
                {"value": warning, "label": "SES looks closer", "color": _WARNING},
                {"value": pause, "label": "SES may pause sending", "color": _PAUSE},
            ]
        },
    }
    return {"type": "metric", **_at(x, 6), "properties": properties}
