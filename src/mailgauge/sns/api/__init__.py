"""The operations of SNS: AWS parameters in, AWS results out."""

from mailgauge.aws.request import Handler
from mailgauge.base.tasks import Wake
from mailgauge.sns.api import faults, permissions, publish, subscriptions, tags, topics
from mailgauge.store.transaction import Store


def sns_operations(mail: Store, deliver: Wake) -> dict[str, Handler]:
    """``deliver`` is told of what is to be delivered."""
    operations = {
        **topics.operations(mail),
        **subscriptions.operations(mail, deliver),
        **publish.operations(mail, deliver),
        **permissions.operations(mail),
        **tags.operations(mail),
    }
    return {name: faults.told(handler) for name, handler in operations.items()}
