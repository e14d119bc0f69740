"""The time-series engine: series, statistic sets with distributions, tiers and retention. It knows no AWS shapes and no mail."""
