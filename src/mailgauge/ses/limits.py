"""SES's limits, in one place: quotas, which an operator may set otherwise, and fixed bounds of names and texts.

The numbers are those of "Service quotas in Amazon SES" in the developer guide, and of the service models.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an account may have in a Region, and what a message may have; the defaults are Amazon's."""

    identities: int = 10_000
    identity_policies: int = 20
    identity_policy_bytes: int = 4096
    configuration_sets: int = 10_000
    event_destinations: int = 10
    """In a configuration set."""
    dimensions: int = 10
    """Of a CloudWatch destination."""
    recipients: int = 50
    bulk_destinations: int = 50
    message_bytes_v1: int = 10 * 1024 * 1024
    message_bytes_v2: int = 40 * 1024 * 1024
    message_tags: int = 50
    """Not documented."""
    headers: int = 15
    """Fields that a call of API v2 adds to a message."""
    mime_parts: int = 500
    line_bytes: int = 1000
    """Of raw messages, with the line end."""
    templates: int = 20_000
    template_bytes: int = 500 * 1024
    custom_verification_templates: int = 50
    custom_verification_bytes: int = 10 * 1024 * 1024
    contact_lists: int = 1
    topics: int = 20
    resource_tags: int = 50
    ip_pools: int = 50
    calls_per_second: float = 0.0
    """Calls that send nothing; 0 is no limit. Amazon allows one."""


AMAZON = Limits()

MAX_CONFIGURATION_SET_NAME = 64
MAX_RESOURCE_TAG_KEY = 128
MAX_RESOURCE_TAG_VALUE = 256
MAX_PAGE = 1000
MAX_HEADER_NAME = 126
MAX_HEADER_VALUE = 995
MAX_HEADER = 996
"""Name and value together."""

MAX_ATTRIBUTES_DATA = 64 * 1024
"""Not documented; large enough for what people keep with a contact."""

MIN_DELIVERY_SECONDS = 300
MAX_DELIVERY_SECONDS = 50_400

MAX_MESSAGE_TAG_TEXT = 255
"""Documented as 256; SES refuses more than 255."""

MAX_TEMPLATE_NAME = 64
MAX_TEMPLATES_PAGE = 100
DEFAULT_TEMPLATES_PAGE = 10
MAX_VERIFICATION_TEMPLATES_PAGE = 50

EMAIL_VERIFICATION_SECONDS = 24 * 3600
DOMAIN_VERIFICATION_SECONDS = 72 * 3600

UNLIMITED = -1.0
