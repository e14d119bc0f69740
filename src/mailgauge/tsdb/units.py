"""The units of samples, as CloudWatch names them (`cloudwatch/StandardUnit`), and the small integers kept for them."""

from typing import Final

UNITS: Final = (
    "None",
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
)
"""A unit's place is what the store keeps: new units go to the end."""

CODES: Final = {unit: code for code, unit in enumerate(UNITS)}
