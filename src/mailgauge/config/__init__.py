"""The configuration: its options, where they come from, and their reference page. No part of the service reads it but ``server``."""
