"""Benchmarks: each measures the real process from outside, beside a peer where one runs here."""
