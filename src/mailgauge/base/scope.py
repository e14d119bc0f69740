"""The scope of state: an account in a Region. Everything SES and CloudWatch keep is per account and Region."""

from typing import NamedTuple


class Scope(NamedTuple):
    """An account (12 digits) and a Region (``us-east-1``); the first part of every domain key."""

    account: str
    region: str

    @property
    def key(self) -> str:
        """The form kept in the store: ``000000000000/us-east-1``."""
        return f"{self.account}/{self.region}"

    @classmethod
    def from_key(cls, key: str) -> "Scope":
        account, _, region = key.partition("/")
        return cls(account, region)
