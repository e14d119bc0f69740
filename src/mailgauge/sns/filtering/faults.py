"""What is wrong with a filter policy, in Amazon's words, without the place in the text that it adds to them."""


class FilterPolicyError(Exception):
    """The text is what stands behind ``Invalid parameter: ``."""

    @classmethod
    def of(cls, text: str) -> "FilterPolicyError":
        return cls(f"FilterPolicy: {text}")
