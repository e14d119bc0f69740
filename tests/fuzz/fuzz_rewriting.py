"""HTML as customers write it, with links counted and a pixel put in; other messages stay as they are."""

from mailgauge.tracking.rewriting import Places, Plan, rewrite
from mailgauge.tracking.tokens import Tokens

MESSAGE = "0100019774216180-3eb316ea-976e-41c9-84d8-6d0a858cefb7-000000"
PLACES = Places("https://t.example.com", "http://t.example.com", "https://t.example.com")
TOKENS = Tokens(b"a secret of this harness")
PLANS = [
    Plan(MESSAGE, TOKENS, PLACES, opens=opens, clicks=clicks, hidden_link=clicks)
    for opens in (False, True)
    for clicks in (False, True)
]
HEAD = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
SEEDS = (
    b'<html><body><a href="https://example.com/?a=b&amp;c">x</a><a ses:no-track href=http://b>y</a></body></html>',
    b"<A HREF='https://example.com' ses:tags=\"a:b;c:d\">{{ses:openTracker}}</a><!-- <a href=x> -->",
    b'<a href="&#104;ttps://x"><script>"<a href=y>"</script><a href="https://\xff">',
    b"<table><a href=https://a.b/c<d>e</a",
)


def one_input(data: bytes) -> None:
    for plan in PLANS:
        rewrite(HEAD + data, plan)
        rewrite(data, plan)
    text = b"Content-Type: text/plain\r\n\r\n" + data
    assert rewrite(text, PLANS[-1]) == text
