"""Dashboards: their bodies as AWS writes them, checked and kept. Drawing them is the console's."""
