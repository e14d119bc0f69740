"""How every operation reads or writes, for the test of isolation: an operation that is added needs a line here.

``MAKE`` puts things there, ``CHANGE`` alters or removes them (the same names), ``reads`` looks at them.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.server import identity_calls, isolation_calls_sns, isolation_calls_sqs
from tests.server.room import HERE, SENDER

Call = tuple[str, str, dict[str, Any]]

DOMAIN, SECOND, SET, PAUSED = "owned.example", "second@example.com", "owned", "paused"
ARN = f"arn:aws:ses:{HERE.region}:{HERE.account}:configuration-set/{SET}"
#: Stands for the id of a message of the owner's.
MESSAGE = "(message)"
LIST, TOPIC, CONTACT = "owned-list", "topic", "contact@example.net"
SUPPRESSED, OTHER_SUPPRESSED = "bounced@example.net", "annoyed@example.net"
ALARM = "owned-alarm"
COMPOSITE = "owned-composite"
ALARM_ARN = f"arn:aws:cloudwatch:{HERE.region}:{HERE.account}:alarm:{ALARM}"
NIGHTLY = {"Schedule": {"Expression": "cron(0 2 * * *)", "Duration": "PT4H"}}
MUTE_RULE_ARN = f"arn:aws:cloudwatch:{HERE.region}:{HERE.account}:alarm-mute-rule:nightly"
ORDERS = {"Namespace": "Shop", "MetricName": "Orders"}
SENT = {"Namespace": "AWS/SES", "MetricName": "Send", "Dimensions": [{"Name": "campaign", "Value": "x"}]}
TEXT = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}
TO = {"ToAddresses": ["kept@example.net"]}


def v1_destination(enabled: bool) -> dict[str, Any]:
    dimension = {
        "DimensionName": "campaign",
        "DimensionValueSource": "messageTag",
        "DefaultDimensionValue": "none",
    }
    return {
        "Name": "first",
        "Enabled": enabled,
        "MatchingEventTypes": ["send", "delivery"],
        "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
    }


def v2_destination(enabled: bool) -> dict[str, Any]:
    topic = f"arn:aws:sns:{HERE.region}:{HERE.account}:topic"
    return {"Enabled": enabled, "MatchingEventTypes": ["SEND"], "SnsDestination": {"TopicArn": topic}}


#: What everybody has switched on, since without it some looks show nothing to anybody.
EVERYWHERE: list[Call] = [
    ("sesv2", "PutAccountVdmAttributes", {"VdmAttributes": {"VdmEnabled": "ENABLED"}}),
]

#: What the owner does first. A stranger who does the same changes nothing of the owner's.
MAKE: list[Call] = [
    ("ses", "VerifyEmailIdentity", {"EmailAddress": SENDER}),
    ("ses", "VerifyEmailAddress", {"EmailAddress": SECOND}),
    ("ses", "VerifyDomainIdentity", {"Domain": DOMAIN}),
    ("ses", "VerifyDomainDkim", {"Domain": DOMAIN}),
    ("sesv2", "CreateEmailIdentity", {"EmailIdentity": "third@example.com"}),
    ("ses", "CreateConfigurationSet", {"ConfigurationSet": {"Name": SET}}),
    ("sesv2", "CreateConfigurationSet", {"ConfigurationSetName": PAUSED}),
    ("sesv2", "TagResource", {"ResourceArn": ARN, "Tags": [{"Key": "team", "Value": "owner"}]}),
    (
        "ses",
        "CreateConfigurationSetEventDestination",
        {"ConfigurationSetName": SET, "EventDestination": v1_destination(True)},
    ),
    (
        "sesv2",
        "CreateConfigurationSetEventDestination",
        {
            "ConfigurationSetName": SET,
            "EventDestinationName": "second",
            "EventDestination": v2_destination(True),
        },
    ),
    (
        "sesv2",
        "PutEmailIdentityConfigurationSetAttributes",
        {"EmailIdentity": DOMAIN, "ConfigurationSetName": SET},
    ),
    *identity_calls.MAKE,
    (
        "ses",
        "SendEmail",
        {
            "Source": SENDER,
            "Destination": TO,
            "Message": TEXT,
            "ConfigurationSetName": SET,
            "Tags": [{"Name": "campaign", "Value": "x"}],
        },
    ),
    ("ses", "SendRawEmail", {"RawMessage": {"Data": f"From: {SENDER}\r\nTo: a@b.example\r\n\r\nx".encode()}}),
    (
        "sesv2",
        "SendEmail",
        {"FromEmailAddress": f"x@{DOMAIN}", "Destination": TO, "Content": {"Simple": TEXT}},
    ),
    (
        "cloudwatch",
        "PutMetricData",
        {"Namespace": "Shop", "MetricData": [{"MetricName": "Orders", "Value": 1}]},
    ),
    (
        "cloudwatch",
        "PutMetricAlarm",
        {
            "AlarmName": ALARM,
            **ORDERS,
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanThreshold",
        },
    ),
    ("cloudwatch", "PutCompositeAlarm", {"AlarmName": COMPOSITE, "AlarmRule": f"ALARM({ALARM})"}),
    (
        "cloudwatch",
        "TagResource",
        {"ResourceARN": ALARM_ARN, "Tags": [{"Key": "team", "Value": "owner"}]},
    ),
    (
        "cloudwatch",
        "PutAlarmMuteRule",
        {"Name": "nightly", "Rule": NIGHTLY, "MuteTargets": {"AlarmNames": [ALARM]}},
    ),
    (
        "cloudwatch",
        "TagResource",
        {"ResourceARN": MUTE_RULE_ARN, "Tags": [{"Key": "team", "Value": "owner"}]},
    ),
    ("cloudwatch", "PutDashboard", {"DashboardName": "mail", "DashboardBody": '{"widgets": []}'}),
    (
        "ses",
        "CreateTemplate",
        {"Template": {"TemplateName": "one", "SubjectPart": "Hello {{name}}", "TextPart": "x"}},
    ),
    (
        "sesv2",
        "CreateEmailTemplate",
        {"TemplateName": "two", "TemplateContent": {"Subject": "Hello {{name}}", "Text": "x"}},
    ),
    (
        "ses",
        "SendTemplatedEmail",
        {"Source": SENDER, "Destination": TO, "Template": "one", "TemplateData": '{"name": "you"}'},
    ),
    (
        "ses",
        "SendBulkTemplatedEmail",
        {
            "Source": SENDER,
            "Template": "one",
            "DefaultTemplateData": '{"name": "you"}',
            "Destinations": [{"Destination": TO}],
        },
    ),
    (
        "sesv2",
        "SendBulkEmail",
        {
            "FromEmailAddress": SENDER,
            "DefaultContent": {"Template": {"TemplateName": "two", "TemplateData": '{"name": "you"}'}},
            "BulkEmailEntries": [{"Destination": TO}],
        },
    ),
    ("sesv2", "PutSuppressedDestination", {"EmailAddress": SUPPRESSED, "Reason": "BOUNCE"}),
    ("sesv2", "PutSuppressedDestination", {"EmailAddress": OTHER_SUPPRESSED, "Reason": "COMPLAINT"}),
    (
        "sesv2",
        "PutAccountDetails",
        {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://owned.example", "ContactLanguage": "EN"},
    ),
    (
        "sesv2",
        "CreateContactList",
        {
            "ContactListName": LIST,
            "Topics": [{"TopicName": TOPIC, "DisplayName": "T", "DefaultSubscriptionStatus": "OPT_IN"}],
        },
    ),
    ("sesv2", "CreateContact", {"ContactListName": LIST, "EmailAddress": CONTACT}),
    ("sesv2", "CreateContact", {"ContactListName": LIST, "EmailAddress": "second@example.net"}),
    ("ses", "UpdateAccountSendingEnabled", {"Enabled": False}),
    *isolation_calls_sns.MAKE,
    *isolation_calls_sqs.MAKE,
]

#: What alters or removes things; each must alter what the owner sees, when it is the owner who does it.
CHANGE: list[Call] = [
    *identity_calls.CHANGE,
    *isolation_calls_sns.CHANGE,
    *isolation_calls_sqs.CHANGE,
    ("sesv2", "PutAccountSendingAttributes", {"SendingEnabled": True}),
    ("cloudwatch", "SetAlarmState", {"AlarmName": ALARM, "StateValue": "ALARM", "StateReason": "by hand"}),
    ("cloudwatch", "DisableAlarmActions", {"AlarmNames": [ALARM]}),
    ("cloudwatch", "EnableAlarmActions", {"AlarmNames": [ALARM]}),
    ("cloudwatch", "TagResource", {"ResourceARN": ALARM_ARN, "Tags": [{"Key": "more", "Value": "x"}]}),
    ("cloudwatch", "UntagResource", {"ResourceARN": ALARM_ARN, "TagKeys": ["team"]}),
    ("cloudwatch", "PutCompositeAlarm", {"AlarmName": COMPOSITE, "AlarmRule": f"OK({ALARM})"}),
    ("cloudwatch", "DeleteAlarms", {"AlarmNames": [COMPOSITE]}),
    ("cloudwatch", "DeleteAlarms", {"AlarmNames": [ALARM]}),
    ("cloudwatch", "TagResource", {"ResourceARN": MUTE_RULE_ARN, "Tags": [{"Key": "more", "Value": "x"}]}),
    ("cloudwatch", "DeleteAlarmMuteRule", {"AlarmMuteRuleName": "nightly"}),
    ("cloudwatch", "DeleteDashboards", {"DashboardNames": ["mail"]}),
    ("sesv2", "TagResource", {"ResourceArn": ARN, "Tags": [{"Key": "more", "Value": "x"}]}),
    ("sesv2", "UntagResource", {"ResourceArn": ARN, "TagKeys": ["team"]}),
    ("ses", "UpdateConfigurationSetSendingEnabled", {"ConfigurationSetName": PAUSED, "Enabled": False}),
    (
        "sesv2",
        "PutConfigurationSetSendingOptions",
        {"ConfigurationSetName": PAUSED, "SendingEnabled": True},
    ),
    (
        "ses",
        "PutConfigurationSetDeliveryOptions",
        {"ConfigurationSetName": PAUSED, "DeliveryOptions": {"TlsPolicy": "Optional"}},
    ),
    (
        "sesv2",
        "PutConfigurationSetDeliveryOptions",
        {"ConfigurationSetName": PAUSED, "MaxDeliverySeconds": 600},
    ),
    (
        "ses",
        "UpdateConfigurationSetEventDestination",
        {"ConfigurationSetName": SET, "EventDestination": v1_destination(False)},
    ),
    (
        "sesv2",
        "UpdateConfigurationSetEventDestination",
        {
            "ConfigurationSetName": SET,
            "EventDestinationName": "second",
            "EventDestination": v2_destination(False),
        },
    ),
    (
        "ses",
        "DeleteConfigurationSetEventDestination",
        {"ConfigurationSetName": SET, "EventDestinationName": "first"},
    ),
    (
        "sesv2",
        "DeleteConfigurationSetEventDestination",
        {"ConfigurationSetName": SET, "EventDestinationName": "second"},
    ),
    (
        "ses",
        "UpdateTemplate",
        {"Template": {"TemplateName": "one", "SubjectPart": "Bye {{name}}", "TextPart": "y"}},
    ),
    (
        "sesv2",
        "UpdateEmailTemplate",
        {"TemplateName": "two", "TemplateContent": {"Subject": "Bye {{name}}", "Text": "y"}},
    ),
    ("ses", "DeleteTemplate", {"TemplateName": "one"}),
    ("sesv2", "DeleteEmailTemplate", {"TemplateName": "two"}),
    ("sesv2", "DeleteSuppressedDestination", {"EmailAddress": SUPPRESSED}),
    ("sesv2", "PutAccountSuppressionAttributes", {"SuppressedReasons": ["COMPLAINT"]}),
    (
        "sesv2",
        "PutConfigurationSetSuppressionOptions",
        {"ConfigurationSetName": PAUSED, "SuppressedReasons": ["BOUNCE"]},
    ),
    ("sesv2", "PutAccountVdmAttributes", {"VdmAttributes": {"VdmEnabled": "DISABLED"}}),
    (
        "sesv2",
        "PutConfigurationSetVdmOptions",
        {
            "ConfigurationSetName": PAUSED,
            "VdmOptions": {"DashboardOptions": {"EngagementMetrics": "ENABLED"}},
        },
    ),
    (
        "sesv2",
        "PutConfigurationSetReputationOptions",
        {"ConfigurationSetName": PAUSED, "ReputationMetricsEnabled": True},
    ),
    (
        "ses",
        "UpdateConfigurationSetReputationMetricsEnabled",
        {"ConfigurationSetName": PAUSED, "Enabled": False},
    ),
    ("sesv2", "UpdateContact", {"ContactListName": LIST, "EmailAddress": CONTACT, "UnsubscribeAll": True}),
    ("sesv2", "UpdateContactList", {"ContactListName": LIST, "Description": "changed"}),
    ("sesv2", "DeleteContact", {"ContactListName": LIST, "EmailAddress": CONTACT}),
    ("sesv2", "DeleteContactList", {"ContactListName": LIST}),
    ("sesv2", "DeleteConfigurationSet", {"ConfigurationSetName": PAUSED}),
    ("ses", "DeleteConfigurationSet", {"ConfigurationSetName": SET}),
    ("ses", "DeleteVerifiedEmailAddress", {"EmailAddress": SECOND}),
    ("sesv2", "DeleteEmailIdentity", {"EmailIdentity": SENDER}),
    ("ses", "DeleteIdentity", {"Identity": DOMAIN}),
]

#: Takes only what is in force anyway.
UNSEEN = {"PutConfigurationSetDeliveryOptions"}
NAMES = [SENDER, SECOND, DOMAIN]


def reads(at: float) -> list[Call]:
    """Every way to look, at this time; each must show the owner what was made, and a stranger what was there before."""
    now = datetime.fromtimestamp(at, UTC)
    between = {"StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(hours=1)}
    metric = {"Metric": ORDERS, "Period": 60, "Stat": "Sum"}
    return [
        ("ses", "ListIdentities", {}),
        ("ses", "ListVerifiedEmailAddresses", {}),
        ("ses", "GetIdentityVerificationAttributes", {"Identities": NAMES}),
        ("ses", "GetIdentityDkimAttributes", {"Identities": NAMES}),
        *identity_calls.READS,
        *isolation_calls_sns.READS,
        *isolation_calls_sqs.READS,
        (
            "ses",
            "DescribeConfigurationSet",
            {
                "ConfigurationSetName": SET,
                "ConfigurationSetAttributeNames": [
                    "eventDestinations",
                    "deliveryOptions",
                    "reputationOptions",
                ],
            },
        ),
        (
            "ses",
            "DescribeConfigurationSet",
            {
                "ConfigurationSetName": PAUSED,
                "ConfigurationSetAttributeNames": ["deliveryOptions", "reputationOptions"],
            },
        ),
        ("ses", "ListConfigurationSets", {}),
        ("ses", "GetSendQuota", {}),
        ("ses", "GetSendStatistics", {}),
        ("ses", "GetAccountSendingEnabled", {}),
        ("sesv2", "GetEmailIdentity", {"EmailIdentity": DOMAIN}),
        ("sesv2", "GetEmailIdentity", {"EmailIdentity": SENDER}),
        ("sesv2", "ListEmailIdentities", {}),
        ("sesv2", "GetConfigurationSet", {"ConfigurationSetName": SET}),
        ("sesv2", "GetConfigurationSet", {"ConfigurationSetName": PAUSED}),
        ("sesv2", "ListConfigurationSets", {}),
        ("sesv2", "GetConfigurationSetEventDestinations", {"ConfigurationSetName": SET}),
        ("sesv2", "GetAccount", {}),
        ("sesv2", "ListTagsForResource", {"ResourceArn": ARN}),
        ("sesv2", "GetMessageInsights", {"MessageId": MESSAGE}),
        (
            "sesv2",
            "BatchGetMetricData",
            {
                "Queries": [
                    {
                        "Id": "q",
                        "Namespace": "VDM",
                        "Metric": "SEND",
                        "StartDate": now - timedelta(days=1),
                        "EndDate": now + timedelta(days=1),
                    }
                ]
            },
        ),
        ("ses", "GetTemplate", {"TemplateName": "one"}),
        ("ses", "ListTemplates", {}),
        ("ses", "TestRenderTemplate", {"TemplateName": "one", "TemplateData": '{"name": "you"}'}),
        ("sesv2", "GetEmailTemplate", {"TemplateName": "two"}),
        ("sesv2", "ListEmailTemplates", {}),
        ("sesv2", "TestRenderEmailTemplate", {"TemplateName": "two", "TemplateData": '{"name": "you"}'}),
        ("sesv2", "GetSuppressedDestination", {"EmailAddress": SUPPRESSED}),
        ("sesv2", "ListSuppressedDestinations", {}),
        ("sesv2", "GetContactList", {"ContactListName": LIST}),
        ("sesv2", "ListContactLists", {}),
        ("sesv2", "GetContact", {"ContactListName": LIST, "EmailAddress": CONTACT}),
        ("sesv2", "ListContacts", {"ContactListName": LIST}),
        ("cloudwatch", "ListMetrics", {}),
        ("cloudwatch", "GetMetricStatistics", {**ORDERS, **between, "Period": 60, "Statistics": ["Sum"]}),
        ("cloudwatch", "GetMetricStatistics", {**SENT, **between, "Period": 60, "Statistics": ["Sum"]}),
        (
            "cloudwatch",
            "GetMetricData",
            {"MetricDataQueries": [{"Id": "q", "MetricStat": metric}], **between},
        ),
        (
            "cloudwatch",
            "GetMetricWidgetImage",
            {
                "MetricWidget": '{"metrics": [["Shop", "Orders", {"stat": "Sum", "period": 60}]], "view": "singleValue"}',
                "OutputFormat": "svg",
            },
        ),
        ("cloudwatch", "DescribeAlarms", {}),
        ("cloudwatch", "DescribeAlarms", {"AlarmNames": [ALARM]}),
        ("cloudwatch", "DescribeAlarms", {"AlarmTypes": ["CompositeAlarm"]}),
        ("cloudwatch", "DescribeAlarms", {"ChildrenOfAlarmName": COMPOSITE}),
        ("cloudwatch", "DescribeAlarms", {"ParentsOfAlarmName": ALARM}),
        ("cloudwatch", "DescribeAlarmsForMetric", ORDERS),
        ("cloudwatch", "DescribeAlarmHistory", {}),
        ("cloudwatch", "DescribeAlarmHistory", {"AlarmTypes": ["CompositeAlarm"]}),
        ("cloudwatch", "DescribeAlarmContributors", {"AlarmName": ALARM}),
        ("cloudwatch", "ListTagsForResource", {"ResourceARN": ALARM_ARN}),
        ("cloudwatch", "ListTagsForResource", {"ResourceARN": MUTE_RULE_ARN}),
        ("cloudwatch", "GetAlarmMuteRule", {"AlarmMuteRuleName": "nightly"}),
        ("cloudwatch", "ListAlarmMuteRules", {}),
        ("cloudwatch", "ListAlarmMuteRules", {"AlarmName": ALARM}),
        ("cloudwatch", "GetDashboard", {"DashboardName": "mail"}),
        ("cloudwatch", "ListDashboards", {}),
    ]


#: What belongs to the account, and is the same in each of its Regions.
OF_ALL_REGIONS = {"PutDashboard", "GetDashboard", "ListDashboards", "DeleteDashboards"}

#: What a token allows, whoever has it.
BY_TOKEN = {"ConfirmSubscription"}

#: What depends on nothing that anybody made.
STATELESS: list[Call] = [("sts", "GetCallerIdentity", {})]
