"""API v1 (``ses``, 2010-12-01): the operations that configure and report. Sends are in ``sending``."""

from mailgauge.aws.request import Handler
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.v1.account import account_operations
from mailgauge.ses.api.v1.configuration_sets import configuration_set_operations
from mailgauge.ses.api.v1.custom_verification import custom_verification_operations
from mailgauge.ses.api.v1.errors import translated
from mailgauge.ses.api.v1.event_destinations import event_destination_operations
from mailgauge.ses.api.v1.identities import identity_operations
from mailgauge.ses.api.v1.identity_policies import identity_policy_operations
from mailgauge.ses.api.v1.identity_settings import identity_setting_operations
from mailgauge.ses.api.v1.tracking_options import tracking_option_operations


def control_operations(parts: Parts) -> dict[str, Handler]:
    """Handlers by operation name."""
    operations = {
        **identity_operations(parts),
        **identity_setting_operations(parts),
        **identity_policy_operations(parts),
        **configuration_set_operations(parts),
        **tracking_option_operations(parts),
        **event_destination_operations(parts),
        **account_operations(parts),
        **custom_verification_operations(parts),
    }
    return {name: translated(handler) for name, handler in operations.items()}
