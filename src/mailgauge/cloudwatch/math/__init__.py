"""Metric math: expressions over series, parsed, typed and evaluated. It reads no store; who calls it hands in the series."""
