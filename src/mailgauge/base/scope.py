"""The scope of state: an account in a Region. Everything SES and CloudWatch keep is per account and Region."""

from typing import Final, NamedTuple

# Regions outside the standard partition, by the start of their names; the longer ones first.
_PARTITIONS: Final = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)


class Scope(NamedTuple):
    """An account (12 digits) and a Region (``us-east-1``); the first part of every domain key."""

    account: str
    region: str

    @property
    def key(self) -> str:
        """The form kept in the store: ``000000000000/us-east-1``."""
        return f"{self.account}/{self.region}"

    @property
    def partition(self) -> str:
        """What ARNs of the Region begin with behind ``arn:``."""
        return next((name for start, name in _PARTITIONS if self.region.startswith(start)), "aws")

    @classmethod
    def from_key(cls, key: str) -> "Scope":
        account, _, region = key.partition("/")
        return cls(account, region)
