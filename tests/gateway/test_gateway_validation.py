import pytest

from mailgauge.aws.errors import AwsError
from mailgauge.aws.models import Models
from mailgauge.aws.request import Params
from mailgauge.gateway import validation

MODELS = Models()


def refusal(service: str, operation: str, params: Params) -> tuple[str, str | None]:
    model = MODELS.load(service).operation(operation)
    assert model is not None
    with pytest.raises(AwsError) as caught:
        validation.check(service, operation, model.input_shape, params)
    return caught.value.code, caught.value.message


def test_ses_reports_violations_in_the_sentences_of_the_framework() -> None:
    code, text = refusal("ses", "SendEmail", {"Source": "a@a.test"})
    assert code == "ValidationError"
    assert text == (
        "2 validation errors detected: Value null at 'destination' failed to satisfy constraint: "
        "Member must not be null; Value null at 'message' failed to satisfy constraint: Member must not be null"
    )


def test_sesv2_reports_violations_as_bad_requests() -> None:
    code, text = refusal("sesv2", "CreateConfigurationSet", {})
    assert code == "BadRequestException"
    assert text is not None
    assert text.startswith("1 validation error detected: Value at 'configurationSetName'")


def test_alarms_and_metric_data_report_validation_errors() -> None:
    code, text = refusal("cloudwatch", "DescribeAlarms", {"StateValue": "bad"})
    assert code == "ValidationError"
    assert text == (
        "1 validation error detected: Value 'bad' at 'stateValue' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
    )
    assert refusal("cloudwatch", "GetMetricData", {})[0] == "ValidationError"


@pytest.mark.parametrize(
    ("operation", "params", "code", "text"),
    [
        ("PutMetricData", {}, "MissingParameter", "The parameter Namespace is required."),
        ("PutMetricData", {"Namespace": ""}, "MissingParameter", "The parameter Namespace is required."),
        (
            "PutMetricData",
            {"Namespace": "n", "MetricData": [{"MetricName": "m"}, {}]},
            "MissingParameter",
            "The parameter MetricData.member.2.MetricName is required.",
        ),
        (
            "PutMetricData",
            {
                "Namespace": "n",
                "MetricData": [{"MetricName": "m", "Dimensions": [{"Name": "d", "Value": "v" * 1025}]}],
            },
            "InvalidParameterValue",
            "The parameter MetricData.member.1.Dimensions.member.1.Value must be shorter than 1025 characters.",
        ),
        (
            "PutMetricData",
            {
                "Namespace": "n",
                "MetricData": [{"MetricName": "m", "Dimensions": [{"Name": "d", "Value": "v"}] * 31}],
            },
            "InvalidParameterValue",
            "The collection MetricData.member.1.Dimensions must not have a size greater than 30.",
        ),
        (
            "PutMetricData",
            {"Namespace": ":n"},
            "InvalidParameterValue",
            "The value :n for parameter Namespace is invalid.",
        ),
        (
            "ListMetrics",
            {"RecentlyActive": "PT1H"},
            "InvalidParameterValue",
            "The parameter RecentlyActive must be a value in the set [ PT3H ].",
        ),
        ("GetDashboard", {}, "MissingParameter", "The parameter DashboardName is required."),
    ],
)
def test_the_data_plane_of_cloudwatch_has_words_of_its_own(
    operation: str, params: Params, code: str, text: str
) -> None:
    assert refusal("cloudwatch", operation, params) == (code, text)


def test_an_unknown_unit_is_answered_with_those_there_are() -> None:
    datum = {"MetricName": "m", "Unit": "Parsecs"}
    code, text = refusal("cloudwatch", "PutMetricData", {"Namespace": "n", "MetricData": [datum, datum]})
    assert code == "InvalidParameterValue"
    first, second = str(text).splitlines()
    assert first.startswith(
        "The parameter MetricData.member.1.Unit must be a value in the set [ Seconds, Microseconds, "
    )
    assert " Count/Second," in first
    assert first.endswith(" ].")
    assert second.startswith("The parameter MetricData.member.2.Unit must be")


def test_a_list_of_statistics_is_answered_the_same_way() -> None:
    params = {
        "Namespace": "n",
        "MetricName": "m",
        "StartTime": 0,
        "EndTime": 1,
        "Period": 60,
        "Statistics": ["Mean"],
    }
    code, text = refusal("cloudwatch", "GetMetricStatistics", params)
    assert code == "InvalidParameterValue"
    assert text == (
        "The parameter Statistics must be a value in the set [ Maximum, SampleCount, Sum, Minimum, Average ]."
    )


def test_good_parameters_pass() -> None:
    model = MODELS.load("cloudwatch").operation("PutMetricData")
    assert model is not None
    validation.check("cloudwatch", "PutMetricData", model.input_shape, {"Namespace": "n", "MetricData": []})
    validation.check("sts", "GetCallerIdentity", None, {})
