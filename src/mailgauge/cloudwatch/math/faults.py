"""What can be wrong with an expression. Pure."""


class MathError(Exception):
    """The text goes behind ``Error in expression 'e1': ``; ``position`` is an index into the expression, from 0."""

    def __init__(self, text: str, position: int | None = None) -> None:
        super().__init__(text if position is None else f"{text} at position {position + 1}")
        self.position = position
