"""The service as a whole: whose data it opens, what it tells an operator, and what a failed start leaves behind."""

import asyncio
import logging
import ssl
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from mailgauge.config.addresses import AddressError
from mailgauge.config.options import Config, local_defaults
from mailgauge.iam import keys
from mailgauge.server.data import DataDirectory, DataDirectoryError
from mailgauge.server.ground import Mode
from mailgauge.server.http import bind
from mailgauge.server.service import Service
from mailgauge.server.storage import Storage


def on_free_ports(config: Config) -> Config:
    server = config.server
    server.listen = server.smtp = server.smtps = server.inbound = "127.0.0.1:0"
    return config


@asynccontextmanager
async def running(mode: Mode, data: Path, config: Config | None = None) -> AsyncIterator[Service]:
    service = Service(mode, config or on_free_ports(Config()), data)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


def keys_in(data: Path) -> int:
    storage = Storage.look(DataDirectory(data))
    try:
        return len(storage.mail.read_now(keys.list_keys))
    finally:
        storage.close()


async def test_the_open_mode_does_not_open_data_that_is_behind_keys(tmp_path: Path) -> None:
    async with running(Mode.LOCAL, tmp_path):
        pass
    async with running(Mode.SERVE, tmp_path) as service:
        assert service.first_key is not None, "what `local` used becomes an operator's"
    with pytest.raises(DataDirectoryError, match="holds access keys"):
        await Service(Mode.LOCAL, on_free_ports(local_defaults()), tmp_path).start()


async def test_a_second_start_is_told_who_has_the_data_and_not_that_the_port_is_taken(tmp_path: Path) -> None:
    async with running(Mode.LOCAL, tmp_path) as service:
        config = on_free_ports(Config())
        config.server.listen = service.http_url.removeprefix("http://")
        with pytest.raises(DataDirectoryError, match="in use by another Mailgauge"):
            await Service(Mode.LOCAL, config, tmp_path).start()


@pytest.mark.parametrize("option", ["smtp", "smtps", "inbound"])
async def test_the_open_mode_receives_mail_of_this_machine_only(tmp_path: Path, option: str) -> None:
    config = on_free_ports(local_defaults())
    setattr(config.server, option, "0.0.0.0:0")
    with pytest.raises(AddressError, match=rf"listens on loopback only, not on 0\.0\.0\.0 \(--{option}\)"):
        await Service(Mode.LOCAL, config, tmp_path).start()


async def test_submission_listens_where_it_is_told_to_or_nowhere(tmp_path: Path) -> None:
    config = on_free_ports(Config())
    config.server.smtp, config.server.smtps = "127.0.0.1:0, 127.0.0.1:0", ""
    async with running(Mode.SERVE, tmp_path, config) as service:
        addresses = service.addresses()
    assert addresses["smtp"].count("127.0.0.1:") == 2
    assert addresses["smtps"] == ""


@pytest.mark.parametrize("option", ["smtp", "smtps", "inbound"])
async def test_a_start_that_fails_makes_no_key_that_nobody_saw(tmp_path: Path, option: str) -> None:
    taken = bind("127.0.0.1:0")
    config = on_free_ports(Config())
    setattr(config.server, option, f"127.0.0.1:{taken.getsockname()[1]}")
    advice = rf"in use\. Choose another with --{option} or MAILGAUGE_SERVER_{option.upper()}"
    try:
        with pytest.raises(AddressError, match=advice):
            await Service(Mode.SERVE, config, tmp_path).start()
    finally:
        taken.close()
    assert keys_in(tmp_path) == 0
    async with running(Mode.SERVE, tmp_path) as service:
        assert service.first_key is not None
    assert keys_in(tmp_path) == 1


async def test_a_clock_that_is_still_stepped_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("3600.0\n")
    async with running(Mode.LOCAL, tmp_path) as service:
        [warning] = service.warnings()
    assert "stepped 3600 s ahead of real time" in warning
    assert "delete the data directory, or only its file `clock`" in warning
    async with running(Mode.SERVE, tmp_path) as service:
        assert service.warnings() == [], "only `local` follows it"


async def test_a_clock_file_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("soon\n")
    with pytest.raises(DataDirectoryError, match="clock holds no number of seconds: delete it"):
        await Service(Mode.LOCAL, on_free_ports(Config()), tmp_path).start()


@pytest.mark.parametrize("option", ["listen", "smtp", "smtps"])
async def test_opening_local_to_the_network_is_warned_about(tmp_path: Path, option: str) -> None:
    config = on_free_ports(Config())
    setattr(config.server, option, "0.0.0.0:0")
    config.server.allow_remote = True
    async with running(Mode.LOCAL, tmp_path, config) as service:
        [warning] = service.warnings()
    assert "checks no signatures" in warning


async def test_serve_speaks_plain_http_to_the_network_only_behind_proxies(tmp_path: Path) -> None:
    config = on_free_ports(Config())
    config.server.listen = "0.0.0.0:0"
    config.server.allow_remote = True
    with pytest.raises(
        AddressError, match=r"name a certificate in \[tls\], or in \[server\] trusted_proxies"
    ):
        await Service(Mode.SERVE, config, tmp_path).start()
    config.server.trusted_proxies = ["10.0.0.0/8"]
    async with running(Mode.SERVE, tmp_path, config) as service:
        assert service.warnings() == []


async def test_with_a_certificate_http_is_https(tmp_path: Path) -> None:
    config = on_free_ports(Config())
    config.server.listen = "0.0.0.0:0"
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    config.tls.cert = config.tls.key = str(tmp_path / "both.pem")
    tls = ssl.create_default_context()
    authority.configure_trust(tls)
    async with running(Mode.SERVE, tmp_path / "data", config) as service:
        url = service.http_url.replace("0.0.0.0", "127.0.0.1")
        assert url.startswith("https://")
        status = await asyncio.to_thread(lambda: urllib.request.urlopen(f"{url}/healthz", context=tls).status)
    assert status == 200


async def test_the_log_says_what_runs_and_who_was_refused_and_no_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    signed = (
        "AWS4-HMAC-SHA256 Credential=AKIASTRANGER/20260101/us-east-1/ses/aws4_request, SignedHeaders=host;x-amz-date, "
        "Signature=5ec2e7"
    )
    sign_in = b'{"accessKeyId": "AKIAGUESS", "secretAccessKey": "s3cr3t", "region": "us-east-1"}'
    with caplog.at_level(logging.INFO, "mailgauge"):
        async with running(Mode.SERVE, tmp_path) as service:
            assert service.first_key is not None
            calls = [
                urllib.request.Request(
                    f"{service.http_url}/v2/email/account",
                    headers={"Authorization": signed, "X-Amz-Date": "20260101T000000Z"},
                ),
                urllib.request.Request(
                    f"{service.http_url}/console/api/sign-in",
                    sign_in,
                    {"Content-Type": "application/json", "X-Mailgauge-Console": "1"},
                ),
            ]
            for call in calls:
                with pytest.raises(urllib.error.HTTPError) as refused:
                    await asyncio.to_thread(urllib.request.urlopen, call, timeout=60)
                assert refused.value.code == 403
                refused.value.close()
            secret = service.first_key.secret
    said = {record.getMessage(): record.__dict__ for record in caplog.records}
    for event in ("configuration in force", "service started", "service stopping", "service stopped"):
        assert event in said
    assert said["configuration in force"]["configuration"]["server"]["listen"] == "127.0.0.1:0"
    refusal = said["signature refused"]
    assert (refusal["access_key_id"], refusal["source_ip"], refusal["reason"]) == (
        "AKIASTRANGER",
        "127.0.0.1",
        "InvalidClientTokenId",
    )
    assert said["console sign-in refused"]["access_key_id"] == "AKIAGUESS"
    everything = str([record.__dict__ for record in caplog.records])
    assert not [word for word in (secret, "s3cr3t", "5ec2e7") if word in everything]


async def test_a_browser_at_the_bare_address_is_led_to_the_console(tmp_path: Path) -> None:
    def get(url: str, **headers: str) -> tuple[int, str]:
        opener = urllib.request.build_opener(_Staying)
        try:
            with opener.open(urllib.request.Request(url, headers=headers), timeout=60) as answer:
                return answer.status, ""
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers.get("location", "")

    async with running(Mode.LOCAL, tmp_path) as service:
        url = f"{service.http_url}/"
        browser = {"Accept": "text/html,application/xhtml+xml"}
        assert await asyncio.to_thread(get, url, **browser) == (303, "/console/")
        assert (await asyncio.to_thread(get, url, Accept="*/*"))[0] != 303
        api_call = f"{url}?Action=GetCallerIdentity&Version=2011-06-15"
        assert (await asyncio.to_thread(get, api_call, **browser))[0] == 200
        assert (await asyncio.to_thread(get, url, Host="evil.example", **browser))[0] == 403


class _Staying(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        """Follows nothing."""
