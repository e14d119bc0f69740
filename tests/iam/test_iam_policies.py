import pytest

from mailgauge.iam.policies import Policy, allows, denial


@pytest.mark.parametrize(
    ("service", "operation", "allowed"),
    [
        ("sesv2", "SendEmail", "full send"),
        ("sesv2", "SendBulkEmail", "full send"),
        ("ses", "SendRawEmail", "full send"),
        ("ses", "SendBulkTemplatedEmail", "full send"),
        ("ses", "GetSendQuota", "full send read-only"),
        ("ses", "GetSendStatistics", "full send read-only"),
        ("sesv2", "GetAccount", "full send read-only"),
        ("sesv2", "GetEmailIdentity", "full read-only"),
        ("sesv2", "BatchGetMetricData", "full read-only"),
        ("sesv2", "ListContacts", "full read-only"),
        ("ses", "DescribeConfigurationSet", "full read-only"),
        ("ses", "VerifyEmailIdentity", "full"),
        ("sesv2", "DeleteEmailIdentity", "full"),
        ("sesv2", "PutAccountDetails", "full"),
        ("cloudwatch", "GetMetricData", "full read-only"),
        ("cloudwatch", "DescribeAlarms", "full read-only"),
        ("cloudwatch", "PutMetricData", "full"),
        ("sns", "Publish", "full"),
        ("sqs", "SendMessage", "full"),
        ("sts", "GetCallerIdentity", "full send read-only"),
    ],
)
def test_each_policy_allows_what_its_name_says(service: str, operation: str, allowed: str) -> None:
    assert {p.value for p in Policy if allows(p, service, operation)} == set(allowed.split())


def test_a_denial_reads_as_on_aws_and_both_ses_apis_share_a_prefix() -> None:
    text = denial(
        "arn:aws:iam::123456789012:user/bob",
        "sesv2",
        "DeleteEmailIdentity",
        "arn:aws:ses:eu-west-1:123456789012:*",
    )
    assert text == (
        "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: ses:DeleteEmailIdentity "
        "on resource: arn:aws:ses:eu-west-1:123456789012:*"
    )
