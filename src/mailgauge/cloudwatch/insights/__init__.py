"""Metrics Insights: queries over many series in a dialect of SQL."""
