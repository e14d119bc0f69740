"""Addresses and lists of them, and header values made of strangers' text."""

from contextlib import suppress

from mailgauge.mail import address, encode
from mailgauge.mail.headers import HeaderInjectionError

SEEDS = (
    b"a@example.com",
    b'"Doe, Jane" <jane@example.com>, group: a@b.c, "x y"@d.e;',
    b"=?utf-8?q?J=C3=BCrgen?= <j@example.com> (comment (nested) \\) )",
    b"joe@[IPv6:2001:db8::1] (Joe)",
    b"=?utf-7?b?+2AA-?= <<a@b>>",
    b"@a,@b:c@d <e@f",
)


def one_input(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with suppress(address.AddressError):
        for each in address.parse_address_list(text):
            # What was read once is read the same again.
            assert address.bare(each.bare) == each.bare
            assert each.bare.isascii()
    address.decode_words(text).encode()
    with suppress(address.AddressError, HeaderInjectionError, encode.EncodingError):
        written = encode.address_value(text, "From")
        assert "\n" not in written.replace("\r\n ", "").replace("\r\n\t", "")
    with suppress(HeaderInjectionError, encode.EncodingError):
        encode.unstructured(text, None, "Subject")
