"""The composition root: builds every part from the configuration with plain values, starts and stops them in order."""
