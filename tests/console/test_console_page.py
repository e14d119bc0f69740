"""The page's files: what is cached, what is compressed, what a browser is told to forbid, and what isn't built yet."""

import gzip
from pathlib import Path

import pytest

from tests.console.conftest import Page

ASSET = "/assets/index-abc.js"


async def test_the_page_is_asked_for_anew_and_its_files_never_again(page: Page) -> None:
    index = await page.get("/")
    assert index.headers["content-type"].startswith("text/html")
    assert index.headers["cache-control"] == "no-cache"
    asset = await page.get(ASSET)
    assert "javascript" in asset.headers["content-type"]
    assert "immutable" in asset.headers["cache-control"]
    unchanged = await page.get("/", {"if-none-match": index.headers["etag"]})
    assert (unchanged.status, unchanged.body) == (304, b"")


async def test_files_are_sent_compressed_to_whom_can_read_that(page: Page, static: Path) -> None:
    packed = await page.get(ASSET, {"accept-encoding": "gzip, br"})
    plain = await page.get(ASSET, {})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body == (static / ASSET[1:]).read_bytes()
    assert len(packed.body) < len(plain.body)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/assets",
        "/assets/",
        "/absent.js",
        "//etc/passwd",
        "/%00",
        "/" + "a" * 5000,
    ],
)
async def test_nothing_but_the_page_is_served(page: Page, path: str) -> None:
    answer = await page.get(path)
    assert answer.status == 404
    assert b"secret" not in answer.body


@pytest.mark.parametrize("path", ["/", ASSET, "/absent.js", "/api/session", "/api/nothing"])
async def test_every_answer_forbids_scripts_frames_and_guesses_of_others(page: Page, path: str) -> None:
    headers = (await page.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_the_address_without_a_slash_leads_to_the_page(page: Page) -> None:
    answer = await page.get("")
    assert (answer.status, answer.headers["location"]) == (308, "/console/")


async def test_a_console_that_is_not_built_says_how_and_appears_once_it_is(page: Page, static: Path) -> None:
    index = static / "index.html"
    text = index.read_text()
    index.unlink()
    missing = await page.get("/")
    assert missing.status == 503
    assert b"make console" in missing.body
    index.write_text(text)
    assert (await page.get("/")).status == 200
