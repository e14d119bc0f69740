"""API v2 (``sesv2``, 2019-09-27): the operations that configure and report. Sends are in ``sending``."""

from mailgauge.aws.request import Handler
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.v2.account import account_operations
from mailgauge.ses.api.v2.configuration_sets import configuration_set_operations
from mailgauge.ses.api.v2.contacts import contact_operations
from mailgauge.ses.api.v2.custom_verification import custom_verification_operations
from mailgauge.ses.api.v2.deliverability import deliverability_operations
from mailgauge.ses.api.v2.errors import translated
from mailgauge.ses.api.v2.event_destinations import event_destination_operations
from mailgauge.ses.api.v2.identities import identity_operations
from mailgauge.ses.api.v2.identity_policies import identity_policy_operations
from mailgauge.ses.api.v2.identity_settings import identity_setting_operations
from mailgauge.ses.api.v2.ip_pools import ip_pool_operations
from mailgauge.ses.api.v2.resource_tags import resource_tag_operations
from mailgauge.ses.api.v2.suppression import suppression_operations


def control_operations(parts: Parts) -> dict[str, Handler]:
    """Handlers by operation name."""
    operations = {
        **identity_operations(parts),
        **identity_setting_operations(parts),
        **identity_policy_operations(parts),
        **configuration_set_operations(parts),
        **event_destination_operations(parts),
        **account_operations(parts),
        **resource_tag_operations(parts),
        **contact_operations(parts),
        **suppression_operations(parts),
        **deliverability_operations(parts),
        **custom_verification_operations(parts),
        **ip_pool_operations(parts),
    }
    return {name: translated(handler) for name, handler in operations.items()}
