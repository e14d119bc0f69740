"""Which addresses are the Internet's, which are ours, and which nobody may be sent to."""

import pytest

from mailgauge.base.internet import is_of_network, is_public

PUBLIC = ("8.8.8.8", "192.88.99.1", "2606:4700::1", "64:ff9b::808:808", "::ffff:8.8.8.8")
OF_NETWORK = (
    *("127.0.0.1", "127.8.8.8", "10.1.2.3", "172.17.0.1", "192.168.0.1", "100.64.0.1", "::1", "fd12::1", "fec0::1"),
    *("::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
)  # fmt: skip
NOBODYS = (
    *("0.0.0.0", "::", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "224.0.0.1"),
    *("255.255.255.255", "240.0.0.1", "ff0e::1", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "192.0.0.192"),
    *("", "localhost", "127.1"),
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)
    assert not is_of_network(address)


@pytest.mark.parametrize("address", OF_NETWORK)
def test_machines_of_ours_are_not_public_however_they_are_written(address: str) -> None:
    assert not is_public(address)
    assert is_of_network(address)


@pytest.mark.parametrize("address", NOBODYS)
def test_metadata_and_what_is_no_single_machine_is_neither(address: str) -> None:
    assert not is_public(address)
    assert not is_of_network(address)
