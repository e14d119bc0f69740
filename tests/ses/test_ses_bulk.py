"""Bulk sends: what a destination has instead of the defaults, and how what came of it is spelled."""

import pytest

from mailgauge.ses import errors, refusals
from mailgauge.ses.api.bulk_status import Status, status_of
from mailgauge.ses.bulk import UnknownFailureError, merge_headers, merge_tags
from mailgauge.ses.errors import InvalidParameterError
from mailgauge.ses.templated import merge_data
from tests.ses.control_client import service_model


@pytest.mark.parametrize(
    ("default", "replacement", "merged"),
    [
        ('{"a": 1}', None, '{"a": 1}'),
        ('{"a": 1}', "", '{"a": 1}'),
        ('{"a": 1}', "{}", '{"a": 1}'),
        ("{}", '{"a": 2}', '{"a":2}'),
        ('{"a": 1, "b": 2}', '{"a": 3}', '{"a":3,"b":2}'),
        ('{"a": {"x": 1, "y": 2}}', '{"a": {"x": 3}}', '{"a":{"x":3,"y":2}}'),
        ('{"a": {"x": 1}}', '{"a": 5}', '{"a":5}'),
        ('{"a": [1, 2]}', '{"a": [3]}', '{"a":[3]}'),
        ('{"a": 1}', '{"a": null}', '{"a":null}'),
    ],
)
def test_the_data_of_an_entry_goes_over_the_default(
    default: str, replacement: str | None, merged: str
) -> None:
    assert merge_data(default, replacement) == merged


@pytest.mark.parametrize("broken", ["{", "[]", "null", '"x"', '{"a": NaN}'])
def test_data_that_is_no_json_object_is_refused(broken: str) -> None:
    with pytest.raises(InvalidParameterError, match="Template rendering data is invalid"):
        merge_data("{}", broken)


def test_tags_of_an_entry_replace_those_of_their_name() -> None:
    default, own = [("campaign", "spring"), ("kind", "bulk")], [("campaign", "autumn"), ("extra", "1")]
    assert merge_tags(default, own) == [("kind", "bulk"), ("campaign", "autumn"), ("extra", "1")]


def test_headers_of_an_entry_replace_those_of_their_name_in_any_case() -> None:
    assert merge_headers([("X-A", "1"), ("X-B", "1")], [("x-a", "2")]) == [("X-B", "1"), ("x-a", "2")]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("0100-id", Status("Success", "SUCCESS")),
        (InvalidParameterError("x"), Status("InvalidParameterValue", "INVALID_PARAMETER")),
        (errors.TemplateNotFoundError("t"), Status("TemplateDoesNotExist", "TEMPLATE_NOT_FOUND")),
        (
            errors.ConfigurationSetNotFoundError("s"),
            Status("ConfigurationSetDoesNotExist", "CONFIGURATION_SET_NOT_FOUND"),
        ),
        (
            refusals.ConfigurationSetPausedError("s"),
            Status("ConfigurationSetSendingPaused", "CONFIGURATION_SET_SENDING_PAUSED"),
        ),
        (refusals.AccountPausedError(), Status("AccountSendingPaused", "ACCOUNT_SENDING_PAUSED")),
        (refusals.DailyQuotaError(), Status("AccountDailyQuotaExceeded", "ACCOUNT_DAILY_QUOTA_EXCEEDED")),
        (refusals.SendRateError(), Status("AccountThrottled", "ACCOUNT_THROTTLED")),
        (refusals.NotVerifiedError("us-east-1", ["a@b"]), Status("MessageRejected", "MESSAGE_REJECTED")),
        (
            refusals.MailFromNotVerifiedError("mail.example.com"),
            Status("MailFromDomainNotVerified", "MAIL_FROM_DOMAIN_NOT_VERIFIED"),
        ),
        (refusals.NotAuthorizedError("x"), Status("MessageRejected", "MESSAGE_REJECTED")),
        (UnknownFailureError(), Status("TransientFailure", "TRANSIENT_FAILURE")),
        (errors.LimitExceededError("x"), Status("Failed", "FAILED")),
    ],
)
def test_a_status_is_spelled_as_each_api_does(sent: str | errors.SesError, status: Status) -> None:
    assert status_of(sent) == status
    assert status.v1 in service_model("ses").shape_for("BulkEmailStatus").enum
    assert status.v2 in service_model("sesv2").shape_for("BulkEmailStatus").enum
