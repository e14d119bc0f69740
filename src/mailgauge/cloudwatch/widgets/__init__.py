"""Metric widgets: their definitions as dashboards and GetMetricWidgetImage have them, and the graphs they become."""
