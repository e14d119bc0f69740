"""A bench with the metrics of a shop, which are asked for through GetMetricData."""

from typing import Any

from tests.cloudwatch.metric_bench import HOUR, MetricBench, at

Answer = list[tuple[str, list[float]]]
"""Labels and values, in the order in which they came."""


class ExpressionBench(MetricBench):
    async def put_values(
        self,
        name: str,
        *values: float | None,
        namespace: str = "Shop",
        dimensions: dict[str, str] | None = None,
    ) -> None:
        """One value a minute from the whole hour on."""
        given = [{"Name": each, "Value": value} for each, value in (dimensions or {}).items()]
        datums = [
            {"MetricName": name, "Value": value, "Timestamp": at(HOUR + 60 * minute), "Dimensions": given}
            for minute, value in enumerate(values)
            if value is not None
        ]
        await self.put(*datums, namespace=namespace)

    async def ask(self, *queries: dict[str, Any], minutes: int = 5, **params: Any) -> dict[str, Any]:
        window: dict[str, Any] = {"StartTime": at(HOUR), "EndTime": at(HOUR + 60 * minutes)}
        window["ScanBy"] = "TimestampAscending"
        return await self.call("GetMetricData", MetricDataQueries=list(queries), **(window | params))

    async def values(self, text: str, **params: Any) -> Answer:
        """Of one expression, at a period of a minute unless another is named."""
        found = await self.ask({"Id": "e", "Expression": text, "Period": 60} | params)
        return shown(found)

    async def fault(self, text: str, **params: Any) -> str:
        """What is wrong with an expression."""
        query = {"Id": "e", "Expression": text} | params
        window = {"StartTime": at(HOUR), "EndTime": at(HOUR + 300)}
        error = await self.refused("GetMetricData", MetricDataQueries=[query], **window)
        assert error.code == "ValidationError"
        return str(error.message).removeprefix("Error in expression 'e': ")


def shown(answer: dict[str, Any]) -> Answer:
    return [(each["Label"], each["Values"]) for each in answer["MetricDataResults"]]
