"""Links of a message that belongs to a contact list: which message gets them, where, and who can make one."""

import base64
from email import message_from_bytes

import pytest

from mailgauge.ses.list_management import ListManagement, parse_header, with_links
from mailgauge.ses.unsubscribe_links import Claim, InvalidLinkError, Links

URL = "https://mail.example.com/_unsubscribe/abc"
CLAIM = Claim("000000000000/us-east-1", "News", "weekly", "reader@example.net", "an-id")
LINKS = Links(b"secret", lambda: "https://mail.example.com/")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("News; topic=weekly", ListManagement("News", "weekly")),
        ("News;topic=weekly;", ListManagement("News", "weekly")),
        (" News ; Topic = weekly ", ListManagement("News", "weekly")),
        ("News", ListManagement("News")),
        ("News; topic=", ListManagement("News")),
        ("News; other=x", ListManagement("News")),
        ("", None),
        ("; topic=weekly", None),
    ],
)
def test_the_header_names_a_list_and_maybe_a_topic(value: str, expected: ListManagement | None) -> None:
    assert parse_header(value) == expected


def test_a_message_gets_the_fields_of_one_click_in_place_of_its_own() -> None:
    raw = b"List-Unsubscribe: <mailto:x@example.com>\r\nSubject: a\r\nlist-unsubscribe-post: no\r\n\r\nHello."
    message = message_from_bytes(with_links(raw, URL))
    assert message.get_all("List-Unsubscribe") == [f"<{URL}>"]
    assert message.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    assert (message["Subject"], message.get_payload()) == ("a", "Hello.")


def test_only_the_first_two_placeholders_of_a_message_become_links() -> None:
    body = "{{amazonSESUnsubscribeUrl}} " * 3
    assert with_links(f"Subject: a\r\n\r\n{body}".encode(), URL).endswith(
        f"{URL} {URL} {{{{amazonSESUnsubscribeUrl}}}} ".encode()
    )


def test_placeholders_are_counted_over_all_parts() -> None:
    lines = ["Content-Type: multipart/alternative; boundary=b", ""]
    for kind in ("plain", "html", "html"):
        lines += ["--b", f"Content-Type: text/{kind}", "", "{{amazonSESUnsubscribeUrl}}"]
    linked = with_links("\r\n".join([*lines, "--b--", ""]).encode(), URL)
    assert linked.count(b"\r\n\r\n" + URL.encode()) == 2
    assert linked.count(b"{{amazonSESUnsubscribeUrl}}") == 1


def test_a_message_that_its_sender_signed_is_not_touched() -> None:
    raw = b"DKIM-Signature: v=1\r\nSubject: a\r\n\r\n{{amazonSESUnsubscribeUrl}}"
    assert with_links(raw, URL) == raw


def test_a_link_says_what_it_was_made_for() -> None:
    url = LINKS.url(CLAIM)
    assert url.startswith("https://mail.example.com/_unsubscribe/")
    assert LINKS.claim(url.rpartition("/")[2]) == CLAIM
    assert CLAIM.scope.region == "us-east-1"


def test_a_link_of_another_secret_or_with_another_claim_is_refused() -> None:
    token = LINKS.url(CLAIM).rpartition("/")[2]
    signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    other = base64.urlsafe_b64encode(signed.replace(b"reader@", b"victim@")).decode().rstrip("=")
    stranger = Links(b"another", LINKS.address).url(CLAIM).rpartition("/")[2]
    for forged in (other, stranger, token[:10], "", "%%%", "ä", token + "AAAA"):
        with pytest.raises(InvalidLinkError):
            LINKS.claim(forged)
