"""Mailgauge: a self-hosted email sending service that speaks the Amazon SES and CloudWatch APIs."""

__version__ = "0.1.0"
