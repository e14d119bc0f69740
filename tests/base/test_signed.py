"""Signed texts: they say what was sealed, and nothing else opens."""

import pytest

from mailgauge.base.signed import seal, unseal


def test_what_is_sealed_opens_with_the_same_secret_and_purpose() -> None:
    assert unseal(b"secret", "link", seal(b"secret", "link", b"{}")) == b"{}"


@pytest.mark.parametrize(
    ("secret", "purpose", "token"),
    [
        (b"other", "link", seal(b"secret", "link", b"{}")),
        (b"secret", "cookie", seal(b"secret", "link", b"{}")),
        (b"", "link", seal(b"", "link", b"{}")),
        (b"secret", "link", seal(b"secret", "link", b"{}")[:-2]),
        (b"secret", "link", seal(b"secret", "link", b"{}") + "e30"),
        (b"secret", "link", ""),
        (b"secret", "link", "é"),
        (b"secret", "link", "a"),
    ],
)
def test_anything_else_does_not_open(secret: bytes, purpose: str, token: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        unseal(secret, purpose, token)
