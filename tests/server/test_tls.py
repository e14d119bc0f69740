"""The service's certificate: what is served, what is refused at the start, and what happens when the files change."""

import asyncio
import logging
import os
import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from mailgauge.base.health import Level
from mailgauge.server import tls
from mailgauge.server.self_signed import LASTS, RENEWED_BEFORE
from mailgauge.server.tls import CertificateError, Certificates

NOW = datetime.now(UTC).timestamp()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def write(
    directory: Path, authority: trustme.CA, name: str = "mail.example.com", **options: object
) -> tuple[str, str]:
    issued = authority.issue_cert(name, **options)  # type: ignore[arg-type]  # passed on as they are
    cert, key = directory / "cert.pem", directory / "key.pem"
    cert.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return str(cert), str(key)


def open_given(directory: Path, files: tuple[str, str], now: float = NOW) -> Certificates:
    return Certificates.open(directory / "tls", *files, "mail.example.com", lambda: now)


def open_own(directory: Path, now: float = NOW, domain: str = "mail.example.com") -> Certificates:
    return Certificates.open(directory / "tls", "", "", domain, lambda: now)


def served(context: ssl.SSLContext) -> x509.Certificate:
    """What a client is shown; the handshake takes place in memory."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server),
        context.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    shown = sides[0].getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown)


def names(certificate: x509.Certificate) -> list[str]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.get_values_for_type(x509.DNSName)


def test_the_given_certificate_is_served_with_tls_1_2_or_newer(tmp_path: Path, authority: trustme.CA) -> None:
    certificates = open_given(tmp_path, write(tmp_path, authority))
    assert names(served(certificates.context)) == ["mail.example.com"]
    assert certificates.context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert not certificates.is_self_signed
    assert not (tmp_path / "tls").exists()


def test_cert_and_key_may_be_one_file(tmp_path: Path, authority: trustme.CA) -> None:
    cert, key = write(tmp_path, authority)
    Path(cert).write_bytes(Path(key).read_bytes() + Path(cert).read_bytes())
    assert names(served(open_given(tmp_path, (cert, cert)).context)) == ["mail.example.com"]


def refusal(directory: Path, files: tuple[str, str]) -> str:
    with pytest.raises(CertificateError) as caught:
        open_given(directory, files)
    return str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path, authority: trustme.CA) -> None:
    cert, key = write(tmp_path, authority)
    assert (
        refusal(tmp_path, (f"{cert}.no", key))
        == f"[tls] cert: {cert}.no can't be read: No such file or directory"
    )
    assert (
        refusal(tmp_path, (cert, f"{key}.no"))
        == f"[tls] key: {key}.no can't be read: No such file or directory"
    )


def test_one_without_the_other_is_refused(tmp_path: Path, authority: trustme.CA) -> None:
    cert, key = write(tmp_path, authority)
    assert refusal(tmp_path, (cert, "")) == "[tls] cert is given and key is not: TLS needs both"
    assert refusal(tmp_path, ("", key)) == "[tls] key is given and cert is not: TLS needs both"


def test_a_key_of_another_certificate_is_refused(tmp_path: Path, authority: trustme.CA) -> None:
    cert, key = write(tmp_path, authority)
    Path(key).write_bytes(authority.issue_cert("other.example").private_key_pem.bytes())
    assert "is not the key of the certificate" in refusal(tmp_path, (cert, key))


def test_an_encrypted_key_is_refused_and_asks_for_no_password(tmp_path: Path, authority: trustme.CA) -> None:
    cert, key = write(tmp_path, authority)
    plain = load_pem_private_key(Path(key).read_bytes(), None)
    Path(key).write_bytes(
        plain.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    )
    assert "is encrypted" in refusal(tmp_path, (cert, key))


def test_what_is_no_pem_is_refused(tmp_path: Path, authority: trustme.CA) -> None:
    cert, key = write(tmp_path, authority)
    assert "holds no certificate" in refusal(tmp_path, (key, key))
    Path(key).write_text("nothing")
    assert "holds no private key" in refusal(tmp_path, (cert, key))


def test_an_expired_certificate_is_served_and_warned_of(
    tmp_path: Path, authority: trustme.CA, caplog: pytest.LogCaptureFixture
) -> None:
    files = write(tmp_path, authority, not_after=datetime.now(UTC) - timedelta(days=1))
    with caplog.at_level(logging.WARNING):
        open_given(tmp_path, files)
    assert "the certificate has expired" in caplog.text


def test_changed_files_are_served_without_a_new_context(tmp_path: Path, authority: trustme.CA) -> None:
    certificates = open_given(tmp_path, write(tmp_path, authority))
    context = certificates.context
    write(tmp_path, authority, "new.example.com", key_type=trustme.KeyType.RSA)
    certificates.refresh()
    assert names(served(context)) == ["new.example.com"]
    write(tmp_path, authority, "newer.example.com", key_type=trustme.KeyType.ECDSA)
    certificates.refresh()
    assert names(served(context)) == ["newer.example.com"]
    assert certificates.context is context


def test_half_a_change_changes_nothing_and_is_said_once(
    tmp_path: Path, authority: trustme.CA, caplog: pytest.LogCaptureFixture
) -> None:
    files = write(tmp_path, authority)
    certificates = open_given(tmp_path, files)
    old_key = Path(files[1]).read_bytes()
    write(tmp_path, authority, "new.example.com")
    new_key = Path(files[1]).read_bytes()
    Path(files[1]).write_bytes(old_key)
    with caplog.at_level(logging.ERROR):
        certificates.refresh()
        certificates.refresh()
    assert names(served(certificates.context)) == ["mail.example.com"]
    assert caplog.text.count("the certificate stays as it was") == 1
    Path(files[1]).write_bytes(new_key)
    certificates.refresh()
    assert names(served(certificates.context)) == ["new.example.com"]


def test_files_that_vanish_leave_the_certificate_in_place(tmp_path: Path, authority: trustme.CA) -> None:
    files = write(tmp_path, authority)
    certificates = open_given(tmp_path, files)
    Path(files[0]).unlink()
    certificates.refresh()
    assert names(served(certificates.context)) == ["mail.example.com"]


async def test_changes_are_looked_for_by_themselves(
    tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "LOOK_EVERY", 0.01)
    certificates = open_given(tmp_path, write(tmp_path, authority))
    watching = asyncio.ensure_future(certificates.watch())
    write(tmp_path, authority, "new.example.com")
    async with asyncio.timeout(60):
        while names(served(certificates.context)) != ["new.example.com"]:  # noqa: ASYNC110 - a thread reads the files
            await asyncio.sleep(0.01)
    watching.cancel()


@contextmanager
def connected(context: ssl.SSLContext) -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    near, far = socket.socketpair()
    far_side: list[ssl.SSLSocket] = []
    from threading import Thread

    accept = Thread(target=lambda: far_side.append(context.wrap_socket(far, server_side=True)))
    accept.start()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    with client.wrap_socket(near) as mine:
        accept.join(60)
        with far_side[0] as theirs:
            yield mine, theirs


def test_connections_outlast_a_change(tmp_path: Path, authority: trustme.CA) -> None:
    certificates = open_given(tmp_path, write(tmp_path, authority))
    with connected(certificates.context) as (client, server):
        write(tmp_path, authority, "new.example.com")
        certificates.refresh()
        client.sendall(b"still here")
        assert server.recv(10) == b"still here"


def test_without_a_certificate_one_is_made_for_the_domain_and_kept(tmp_path: Path) -> None:
    first = open_own(tmp_path)
    assert first.is_self_signed
    shown = served(first.context)
    assert names(shown) == ["mail.example.com", "localhost"]
    assert served(open_own(tmp_path).context) == shown
    for path in (tmp_path / "tls").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


def test_it_is_renewed_before_it_ends_also_while_the_service_runs(tmp_path: Path) -> None:
    now = [NOW]
    certificates = Certificates.open(tmp_path / "tls", "", "", "mail.example.com", lambda: now[0])
    before = served(certificates.context)
    now[0] += (LASTS - RENEWED_BEFORE).total_seconds() - 3600
    certificates.refresh()
    assert served(certificates.context) == before
    now[0] += 2 * 3600
    certificates.refresh()
    assert served(certificates.context) != before


def test_another_domain_gets_another_certificate(tmp_path: Path) -> None:
    open_own(tmp_path)
    assert names(served(open_own(tmp_path, domain="mx.example").context)) == ["mx.example", "localhost"]


@pytest.mark.parametrize("damaged", ["self-signed.pem", "self-signed.key"])
def test_a_damaged_one_is_made_again(tmp_path: Path, damaged: str) -> None:
    open_own(tmp_path)
    (tmp_path / "tls" / damaged).write_text("half")
    assert names(served(open_own(tmp_path).context))


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_directory_that_takes_no_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "tls").mkdir(mode=0o500)
    with pytest.raises(CertificateError, match="can't be kept in"):
        open_own(tmp_path)


def levels(directory: Path, files: tuple[str, str], now: float = NOW, *, is_public: bool) -> list[Level]:
    found = tls.findings(*files, now, is_public=is_public)
    return [finding.level for finding in found]


def test_the_doctor_speaks_of_certificates_that_end_soon(tmp_path: Path, authority: trustme.CA) -> None:
    files = write(tmp_path, authority, not_after=datetime.fromtimestamp(NOW, UTC) + timedelta(days=60))
    assert levels(tmp_path, files, is_public=True) == [Level.OK]
    assert levels(tmp_path, files, NOW + 50 * 86400, is_public=True) == [Level.WARNING]
    assert levels(tmp_path, files, NOW + 61 * 86400, is_public=True) == [Level.PROBLEM]
    assert levels(tmp_path, (files[0], "no such file"), is_public=True) == [Level.WARNING]


def test_the_doctor_minds_a_self_signed_one_only_where_others_see_it(tmp_path: Path) -> None:
    assert levels(tmp_path, ("", ""), is_public=True) == [Level.WARNING]
    assert levels(tmp_path, ("", ""), is_public=False) == []
