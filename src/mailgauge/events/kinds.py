"""The kinds of journal entries: the ten SES event types, metric data put by callers, and what the service notes itself."""

from enum import IntEnum


class Kind(IntEnum):
    """The number is what the journal keeps; it never changes its meaning."""

    SEND = 1
    DELIVERY = 2
    BOUNCE = 3
    COMPLAINT = 4
    REJECT = 5
    OPEN = 6
    CLICK = 7
    RENDERING_FAILURE = 8
    DELIVERY_DELAY = 9
    SUBSCRIPTION = 10
    METRIC_DATA = 32
    """Datums of a PutMetricData call, on their way to the metrics store."""
    REPUTATION = 33
    """Bounce and complaint rate of an account or a configuration set, as of this moment."""
    SENDING_PAUSED = 34
    """The service paused an account's or a configuration set's sending by itself."""

    @property
    def is_event(self) -> bool:
        """Whether it is one of SES's event types."""
        return self < Kind.METRIC_DATA


EVENT_TYPE = {
    Kind.SEND: "Send",
    Kind.DELIVERY: "Delivery",
    Kind.BOUNCE: "Bounce",
    Kind.COMPLAINT: "Complaint",
    Kind.REJECT: "Reject",
    Kind.OPEN: "Open",
    Kind.CLICK: "Click",
    Kind.RENDERING_FAILURE: "Rendering Failure",
    Kind.DELIVERY_DELAY: "DeliveryDelay",
    Kind.SUBSCRIPTION: "Subscription",
}
"""``eventType`` of the JSON documents: a space in one of them, none in another."""

METRIC_NAME = EVENT_TYPE | {Kind.RENDERING_FAILURE: "RenderingFailure"}
"""MetricName in ``AWS/SES``."""
