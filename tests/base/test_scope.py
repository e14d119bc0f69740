"""Scopes: their key in the store, and the partition their Region belongs to."""

import pytest
from botocore.session import Session

from mailgauge.base.scope import Scope


def test_a_key_gives_its_scope_back() -> None:
    scope = Scope("000000000000", "eu-west-1")
    assert Scope.from_key(scope.key) == scope


def test_every_region_botocore_knows_is_in_the_partition_botocore_puts_it_in() -> None:
    session = Session()
    regions = {
        (region, partition)
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("cloudwatch", partition)
    }
    assert len(regions) > 20
    for region, partition in regions:
        assert Scope("000000000000", region).partition == partition, region


@pytest.mark.parametrize("region", ["us-east-1", "mars-north-1", ""])
def test_any_other_region_is_in_the_standard_partition(region: str) -> None:
    assert Scope("000000000000", region).partition == "aws"
