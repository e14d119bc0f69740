"""What is wrong with a widget's definition. Pure."""


class WidgetError(ValueError):
    """The text names the property and what it must be."""
