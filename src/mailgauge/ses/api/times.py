"""Timestamps of results: aware datetimes, as the serializers want them."""

from datetime import UTC, datetime


def timestamp(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
