"""Puts the AWS operations together: for each service, the handler of each operation, over one state."""

import msgspec

from mailgauge.aws.models import Dialects
from mailgauge.aws.request import Handler
from mailgauge.base.clock import Clock
from mailgauge.base.tasks import Wake
from mailgauge.cloudwatch.api import data_operations
from mailgauge.cloudwatch.api.alarms import alarm_operations
from mailgauge.cloudwatch.api.dashboards import dashboard_operations
from mailgauge.cloudwatch.api.data import Settle, settled
from mailgauge.cloudwatch.api.mute_rules import mute_rule_operations
from mailgauge.cloudwatch.api.tags import tag_operations
from mailgauge.cloudwatch.ingest import journal_append
from mailgauge.config.options import Config
from mailgauge.iam import api as iam_api
from mailgauge.server.rate import SendRate
from mailgauge.server.storage import Storage
from mailgauge.ses.account import Policy
from mailgauge.ses.api import v1, v2
from mailgauge.ses.api.parts import Parts
from mailgauge.ses.api.throttle import throttled
from mailgauge.ses.api.v1.custom_verification import custom_verification_sending as v1_verification
from mailgauge.ses.api.v1.sending import sending_operations as v1_sending
from mailgauge.ses.api.v1.templates import template_operations as v1_templates
from mailgauge.ses.api.v2.custom_verification import custom_verification_sending as v2_verification
from mailgauge.ses.api.v2.sending import sending_operations as v2_sending
from mailgauge.ses.api.v2.templates import template_operations as v2_templates
from mailgauge.ses.limits import Limits
from mailgauge.ses.rendering.process import Renderer
from mailgauge.ses.reputation import Rule
from mailgauge.ses.sending import Sending
from mailgauge.ses.verification import Verification
from mailgauge.ses.verification_sending import VerificationSending
from mailgauge.sns.api import sns_operations
from mailgauge.sqs import api as sqs_api
from mailgauge.sqs import query_dialect
from mailgauge.sqs.operating import Queues
from mailgauge.tsdb.engine import Engine

SERVICES = ("ses", "sesv2", "cloudwatch", "sts", "sns", "sqs")
"""Service models that are routed, by botocore's names."""

DIALECTS: Dialects = {
    "sqs": ("sqs", query_dialect.with_errors),
    "sqs-query": ("sqs", query_dialect.for_query),
}
ROUTED = (*SERVICES, "sqs-query")
"""With those that one service has a second model for."""

Operations = dict[str, dict[str, Handler]]
"""service -> operation -> handler."""

# What GetSendQuota shows where no rate is set: clients divide by it, so it must be a number above zero.
_SHOWN_RATE = 1000.0


def operations(
    config: Config,
    storage: Storage,
    engine: Engine,
    clock: Clock,
    verification: Verification,
    *,
    sending: Sending,
    alarms: Wake,
    mutes: Wake,
    renderer: Renderer,
    deliver: Wake,
    settle: Settle | None = None,
    settle_queues: Settle | None = None,
    queues: Queues | None = None,
) -> Operations:
    """``alarms`` and ``mutes`` are told of changed ones, ``deliver`` of notifications; ``renderer`` is for those who wait;
    ``settle`` is waited for before metrics are read, ``settle_queues`` before messages are received.
    """
    rule = reputation_rule(config)
    limits = sending.limits
    parts = Parts(
        storage.mail,
        storage.metrics,
        engine,
        sending.policy,
        verification,
        config.service.domain,
        tuple(config.delivery.addresses),
        rule=rule,
        limits=limits,
    )
    calls = SendRate(limits.calls_per_second)
    return {
        "ses": throttled(
            {
                **settled(v1.control_operations(parts), settle, "GetSendStatistics"),
                **v1_templates(storage.mail, renderer, limits),
                **v1_sending(sending),
                **v1_verification(VerificationSending(sending, verification)),
            },
            calls,
            "Throttling",
        ),
        "sesv2": throttled(
            {
                **v2.control_operations(parts),
                **v2_templates(storage.mail, renderer, limits),
                **v2_sending(sending),
                **v2_verification(VerificationSending(sending, verification)),
            },
            calls,
            "TooManyRequestsException",
        ),
        "cloudwatch": {
            **data_operations(storage.metrics, engine, journal_append(storage.mail, clock), settle),
            **alarm_operations(storage.metrics, clock, alarms),
            **mute_rule_operations(storage.metrics, clock, mutes),
            **dashboard_operations(storage.metrics, clock),
            **tag_operations(storage.metrics),
        },
        "sts": iam_api.operations(),
        "sns": sns_operations(storage.mail, deliver),
        "sqs": settled(
            sqs_api.operations(queues or Queues(storage.mail, clock)), settle_queues, "ReceiveMessage"
        ),
    }


def sending(config: Config, storage: Storage, prepare: Wake, render: Wake) -> Sending:
    """What every way of sending goes through, so that all of them share quota and rate; the wakes are told of new work."""
    accounts = config.accounts
    policy = Policy(accounts.sandbox, accounts.max_24_hour_send, accounts.max_send_rate or _SHOWN_RATE)
    rate = SendRate(accounts.max_send_rate)
    return Sending(storage.mail, policy, config.service.domain, prepare, render, rate, quotas(config))


def quotas(config: Config) -> Limits:
    """How much an account and a message may have."""
    return Limits(**msgspec.structs.asdict(config.limits))


def reputation_rule(config: Config) -> Rule:
    """When sending is paused by itself."""
    given = config.reputation
    return Rule(given.pause_bounce_rate, given.pause_complaint_rate, given.least_sends)
