"""Tracked mail: links and pixel where they belong, and not one other byte changed."""

import base64
import re
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgauge.base.ids import new_message_id
from mailgauge.tracking.markup import LARGEST, MOST_LINKS
from mailgauge.tracking.rewriting import Places, Plan, rewrite
from mailgauge.tracking.tokens import Link, Tokens

MESSAGE = new_message_id("us-east-1", 1_700_000_000.0)
TOKENS = Tokens(b"s" * 32)
BASE = "https://links.example.com"
NOTHING = Plan(MESSAGE, TOKENS, Places(BASE, BASE, BASE))
OPENS, CLICKS = replace(NOTHING, opens=True), replace(NOTHING, clicks=True)
BOTH = replace(NOTHING, opens=True, clicks=True)
PIXEL = OPENS.pixel.decode()


def html_mail(html: str) -> bytes:
    return b"Subject: a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()


def tracked(html: str, plan: Plan = BOTH) -> str:
    message = message_from_bytes(rewrite(html_mail(html), plan), policy=policy.default)
    return str(message.get_content())


def links(html: str) -> list[Link]:
    """The counted links of a text."""
    found = re.findall(rf'href="{re.escape(BASE)}/_t/c/([A-Za-z0-9_-]+)"', html, re.IGNORECASE)
    return [TOKENS.clicked(token)[1] for token in found]


def test_a_link_leads_through_us_to_where_it_led() -> None:
    html = tracked("<p><a class=x href=\"https://example.com/?a=1&amp;b=2\" title='y'>A</a></p>", CLICKS)
    assert links(html) == [Link(0, "https://example.com/?a=1&b=2")]
    assert re.sub(r'href="[^"]+"', "H", html) == "<p><a class=x H title='y'>A</a></p>"


def test_links_are_numbered_over_the_whole_message() -> None:
    html = tracked('<a href="http://example.com/1">1</a><A HREF=http://example.com/2>2</A>', CLICKS)
    assert [link.number for link in links(html)] == [0, 1]


def test_a_link_says_by_attributes_what_it_wants_and_they_are_removed() -> None:
    html = tracked(
        '<a ses:no-track href="https://example.com/a">A</a>'
        '<a href="https://example.com/b" ses:tags="place:footer;kind:logo;">B</a>'
        '<a ses:no-track ses:tags="k:v" name="c">C</a>',
        CLICKS,
    )
    assert "ses:" not in html
    assert '<a href="https://example.com/a">A</a>' in html
    assert '<a name="c">C</a>' in html
    assert links(html) == [Link(0, "https://example.com/b", {"place": ["footer"], "kind": ["logo"]})]


def test_only_anchors_of_the_web_are_counted() -> None:
    untouched = (
        '<a href="mailto:a@example.com">m</a><a href="https://example.com/a b">s</a><a>n</a>'
        '<area href="https://example.com/"><link href="https://example.com/"><img src="https://example.com/">'
        '<!-- <a href="https://example.com/">c</a> --><a href="{{amazonSESUnsubscribeUrl}}">u</a>'
    )
    assert tracked(untouched, CLICKS) == untouched


def test_links_beyond_the_most_stay_and_lose_their_attributes() -> None:
    html = tracked('<a ses:tags="k:v" href="https://example.com/">x</a>\r\n' * (MOST_LINKS + 2), CLICKS)
    assert len(links(html)) == MOST_LINKS
    assert html.count('<a href="https://example.com/">') == 2
    assert "ses:tags" not in html


def test_a_link_whose_tags_no_address_has_room_for_stays_and_loses_them() -> None:
    tags = "k:v;" * 1500
    assert tracked(f'<a href="http://a.example/" ses:tags="{tags}">a</a>').startswith(
        '<a href="http://a.example/">a</a>'
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<html><body><p>Hi</p></body></html>", "<html><body><p>Hi</p>{}</body></html>"),
        ("<BODY>Hi</BODY >\r\n", "<BODY>Hi{}</BODY >\r\n"),
        ("<p>Hi</p>", "<p>Hi</p>{}"),
        ("<html>Hi</html>\r\n", "<html>Hi{}</html>\r\n"),
        ("<body>Hi</body><!-- </body> -->", "<body>Hi{}</body><!-- </body> -->"),
        ("<p>{{ses:openTracker}}Hi</p></body>", "<p>{}Hi</p></body>"),
        ("a{{ses:openTracker}}b{{ses:openTracker}}c", "a{}bc"),
    ],
)
def test_the_pixel_is_at_the_end_of_the_body_or_where_the_sender_wants_it(before: str, after: str) -> None:
    assert tracked(before, OPENS).strip() == after.format(PIXEL).strip()
    without = before.replace("{{ses:openTracker}}", "")
    assert tracked(before, NOTHING) == without


def test_what_is_not_tracked_is_only_cleaned() -> None:
    html = '<a href="https://example.com/" ses:tags="k:v">x</a>{{ses:openTracker}}'
    assert tracked(html, NOTHING) == '<a href="https://example.com/">x</a>'
    plain = html_mail("<p>Hällo</p>")
    assert rewrite(plain, NOTHING) is plain or rewrite(plain, NOTHING) == plain


def test_the_scheme_of_a_link_chooses_the_place() -> None:
    places = Places("http://p.example", "http://h.example", "https://s.example")
    html = tracked(
        '<a href="HTTP://example.com/">h</a><a href="HTTPS://example.com/">s</a>',
        replace(BOTH, places=places),
    )
    assert re.findall(r'(?:href|src)="(\w+://\w)', html) == ["http://h", "https://s", "http://p"]


def test_one_pixel_in_a_message_of_two_html_parts_and_none_in_the_others() -> None:
    lines = ["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"', ""]
    body = '<a href="https://example.com/">x</a>'
    for kind in ("text/plain", "text/html", "text/html"):
        lines += ["--b", f"Content-Type: {kind}", "", body]
    lines += ["--b", "Content-Type: text/html", "Content-Disposition: attachment", "", body, "--b--", ""]
    message = rewrite("\r\n".join(lines).encode(), BOTH)
    plain, first, second, attached = message_from_bytes(message, policy=policy.default).iter_parts()
    assert plain.get_content().strip() == attached.get_content().strip() == body
    assert first.get_content().count("<img") == 1
    assert second.get_content().count("<img") == 0
    assert [link.number for link in links(first.get_content() + second.get_content())] == [0, 1]


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_a_part_keeps_its_encoding_and_its_letters(encoding: str) -> None:
    text = "<body>Grüße <a href='https://example.com/'>ä</a></body>\r\n".encode()
    encoded = {
        "base64": base64.encodebytes(text).replace(b"\n", b"\r\n"),
        "quoted-printable": text.replace(b"=", b"=3D").replace(b"\xc3", b"=C3").replace(b"\xbc", b"=BC"),
        "8bit": text,
    }[encoding]
    raw = (
        f"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + encoded
    )
    message = message_from_bytes(rewrite(raw, BOTH), policy=policy.default)
    assert "Grüße" in message.get_content()
    assert links(message.get_content()) == [Link(0, "https://example.com/")]
    assert message.get_content().count(PIXEL) == 1


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-32", "iso-2022-jp"])
def test_text_in_which_ascii_is_not_ascii_is_left_alone(charset: str) -> None:
    text = "<body>日本 <a href='https://example.com/'>x</a></body>".encode(charset)
    raw = b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(text)
    assert rewrite(raw, BOTH) == raw


def test_letters_of_one_byte_stay_what_they_are() -> None:
    raw = b"Content-Type: text/html; charset=iso-8859-1\r\n\r\n<p title='\xe4'>\xe4 <a href='https://example.com/' id=\xf6>\xfc</a>"
    html = rewrite(raw, CLICKS)
    assert re.sub(rb'href="[^"]+"', b"H", html) == raw.replace(b"href='https://example.com/'", b"H")


@pytest.mark.parametrize(
    "head", ["DKIM-Signature: v=1\r\nContent-Type: text/html", "Content-Type: multipart/signed; boundary=b"]
)
def test_a_message_that_its_sender_has_signed_is_left_alone(head: str) -> None:
    raw = f'{head}\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<a href="https://example.com/">x</a>'.encode()
    assert rewrite(raw, BOTH) == raw


def test_plain_text_is_left_alone() -> None:
    raw = b"Subject: a\r\n\r\n<a href='https://example.com/'>{{ses:openTracker}}</a>"
    assert rewrite(raw, BOTH) == raw


def test_a_hidden_link_is_there_only_where_it_is_asked_for() -> None:
    html = tracked("<p>Hi</p>", replace(BOTH, hidden_link=True))
    [token] = re.findall(rf'<a href="{re.escape(BASE)}/_t/h/([^"]+)"', html)
    assert TOKENS.trapped(token) == MESSAGE
    assert "/_t/h/" not in tracked("<p>Hi</p>")


def test_html_that_nobody_reads_is_left_alone() -> None:
    huge = "<p>x</p>\r\n" * (LARGEST // 10 + 1)
    assert rewrite(html_mail(huge), BOTH) == html_mail(huge)


@pytest.mark.parametrize(
    "html",
    ["<a " * 200_000, "<div>" * 200_000, "</body" * 100_000, "<!--</body>" * 100_000, '<a href="' * 100_000],
)
def test_hostile_html_costs_no_more_than_its_length(html: str) -> None:
    assert rewrite(html_mail(html), BOTH)


_PIECES = st.sampled_from(
    [
        "<a href=",
        '"https://example.com/"',
        "'",
        '"',
        ">",
        "</a>",
        "<body>",
        "</body>",
        "<!--",
        "-->",
        "{{ses:openTracker}}",
        " ses:tags=k:v",
        " ses:no-track ",
        "<script>",
        "</script>",
        "<svg>",
        "<textarea>",
        "<table>",
        "ä",
        "&amp;",
        "\r\n",
    ]
)


@given(st.lists(_PIECES | st.text(max_size=5), max_size=40).map("".join))
def test_no_html_stops_a_message(html: str) -> None:
    raw = html_mail(html)
    assert rewrite(raw, BOTH).count(b"/_t/o/") <= 1
    rewrite(raw, NOTHING)


@given(st.binary(max_size=200))
def test_no_bytes_stop_a_message(data: bytes) -> None:
    for encoding in (b"7bit", b"base64", b"quoted-printable"):
        rewrite(
            b"Content-Type: text/html\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + data, BOTH
        )
