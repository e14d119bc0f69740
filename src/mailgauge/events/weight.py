"""The weight of an event in metrics: decided here, and used by account metrics, destinations and send statistics alike."""


def weight(recipients: int) -> int:
    """What one event record adds to its metric: the number of recipients it covers, and at least one.

    So Delivery/Send and Bounce/Send stay ratios of at most one for messages to several recipients. Amazon does not
    say which it counts (docs/quirks.md).
    """
    return max(recipients, 1)
