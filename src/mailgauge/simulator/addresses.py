"""The simulator's addresses as the sending side sees them. Its domain is an input of SES's: mail for it never leaves the machine."""

from typing import Final

DOMAIN: Final = "simulator.amazonses.com"
_SUPPRESSED: Final = "suppressionlist"


def is_simulator(address: str) -> bool:
    """Whether an address is a simulated mailbox: free of verification, quota and reputation."""
    return address.rpartition("@")[2].lower() == DOMAIN


def is_suppressed(address: str) -> bool:
    """Whether an address stands for one on the global suppression list: it bounces and nothing is sent."""
    local = address.rpartition("@")[0].partition("+")[0].lower()
    return is_simulator(address) and local == _SUPPRESSED
