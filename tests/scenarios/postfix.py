"""Postfix, started as a test needs it: private, in a folder of its own, and gone with the test.

It touches neither the machine's Postfix nor /etc/postfix. It must be started by root, and drops rights itself.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.scenarios.service import wait_until
from tools.system_packages import find

#: Who owns mailboxes; Postfix writes mail as nobody that it runs as itself.
MAILBOX_USER = "nobody"
SETTINGS = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
multi_instance_enable = no
mail_owner = postfix
setgid_group = postdrop
inet_protocols = ipv4
inet_interfaces = all
myhostname = {name}
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
biff = no
append_dot_mydomain = no
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access regexp:{home}/etc/recipients
transport_retry_time = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 5s
queue_run_delay = 2s
bounce_queue_lifetime = 1h
mynetworks = {relays_for}
transport_maps = regexp:{home}/etc/transports
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = regexp:{home}/etc/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""
SERVICES = """\
{host}:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


#: Waits until whoever started it says so or is gone, and then ends the server and removes its folder.
KEEPER = 'read _; kill -9 -$(echo $(cat "$1/queue/pid/master.pid")); rm -rf "$1"'


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a Postfix is to be.

    ``recipients`` is an access table by regular expression (`{"^full@": "552 5.2.2 Mailbox full"}`); recipients in
    ``unknown``, an expression too, have no mailbox. A recipient mapped to ``greylist`` is let in when ``policy``, a
    policy server (HOST:PORT), says so. ``transports`` (`{"@far.example$": "smtp:[127.0.0.2]:2525"}`) say where mail for
    others goes that ``relays_for``, networks, may hand in. ``settings`` are those of main.cf, and win.
    """

    host: str = "127.0.0.1"
    port: int
    name: str = "mx.example.net"
    domains: tuple[str, ...] = ("example.net",)
    recipients: Mapping[str, str] = field(default_factory=dict)
    unknown: str = "^gone"
    policy: str = ""
    relays_for: str = ""
    transports: Mapping[str, str] = field(default_factory=dict)
    certificate: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message in a mailbox. Postfix put ``Return-Path`` and ``Delivered-To`` above what it got."""

    raw: bytes
    #: Seconds since the epoch.
    at: float

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, EmailMessage, policy=policy.default)

    @property
    def recipient(self) -> str:
        return str(self.message["Delivered-To"])

    @property
    def return_path(self) -> str:
        return str(self.message["Return-Path"]).strip().strip("<>")

    @property
    def as_sent(self) -> bytes:
        """Without what this server put above it: from the first field that it got."""
        lines = self.raw.splitlines(keepends=True)
        ours = (b"Return-Path:", b"X-Original-To:", b"Delivered-To:", b"Received:", b" ", b"\t")
        first = next(n for n, line in enumerate(lines) if not line.startswith(ours))
        return b"".join(lines[first:]).replace(b"\n", b"\r\n")


class Postfix:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # Not below pytest's folder, which only its owner may enter: Postfix and the mailboxes are other users'.
        self._home = Path(tempfile.mkdtemp(prefix="mailgauge-postfix-"))
        self._home.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = subprocess.Popen(
            ["sh", "-c", KEEPER, "sh", self._home],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._write_configuration()

    @property
    def address(self) -> str:
        return f"{self._plan.host}:{self._plan.port}"

    def start(self) -> None:
        """Comes back when it takes connections. It ends with us, however we end."""
        before = self._starts()
        wait_until(lambda: self._starting(before), lambda trouble: not trouble, seconds=60)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """All its processes at once, in the middle of whatever they do."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        # By the keeper, while the process is surely ours: a number that is free may be another's by now.
        self._keeper.communicate(timeout=60)
        if self._process is not None:
            self._process.wait(60)

    def log(self) -> str:
        log = self._home / "log"
        return log.read_text() if log.exists() else ""

    def delivered(self) -> list[Delivered]:
        """What is in the mailboxes, oldest first."""
        files = (self._home / "mail").glob("*/new/*")
        found = [Delivered(file.read_bytes(), file.stat().st_mtime) for file in files]
        return sorted(found, key=lambda each: each.at)

    def delivered_to(self, recipient: str, seconds: float = 30.0) -> Delivered:
        """The first message for ``recipient``, once there is one."""
        return wait_until(
            lambda: [each for each in self.delivered() if each.recipient == recipient], seconds=seconds
        )[0]

    def emptied(self, seconds: float = 180.0) -> None:
        """Comes back when nothing is in its queue that it has taken."""
        try:
            wait_until(self._queued, lambda waiting: not waiting, seconds)
        except AssertionError as stuck:
            raise AssertionError(f"{stuck}\n{self.log()[-4000:]}") from None

    def _queued(self) -> list[str]:
        """Files of the queue that are complete, which Postfix marks as executable; a kill may leave others."""
        queues = [self._home / "queue" / name for name in ("incoming", "active", "deferred")]
        files = [file for queue in queues for file in queue.glob("**/*") if file.is_file()]
        return [file.name for file in files if os.access(file, os.X_OK)]

    def _write_configuration(self) -> None:
        plan, uid, gid = self._plan, *_ids(MAILBOX_USER)
        for folder in ("etc", "queue", "data", "mail"):
            (self._home / folder).mkdir()
        shutil.chown(self._home / "data", "postfix")
        shutil.chown(self._home / "mail", uid, gid)
        values = {
            "home": self._home,
            "host": plan.host,
            "port": plan.port,
            "name": plan.name,
            "domains": " ".join(plan.domains),
            "relays_for": plan.relays_for,
            "uid": uid,
            "gid": gid,
        }
        settings = {**_tls_settings(plan.certificate), **_policy_settings(plan.policy), **plan.settings}
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        etc = self._home / "etc"
        (etc / "main.cf").write_text(SETTINGS.format(**values) + lines)
        (etc / "master.cf").write_text(SERVICES.format(**values))
        (etc / "recipients").write_text(_table(plan.recipients))
        (etc / "transports").write_text(_table(plan.transports))
        (etc / "mailboxes").write_text(f"if !/{plan.unknown}/\n/./ everybody/\nendif\n")
        _make_queue(self._home / "queue")

    def _starts(self) -> int:
        """How often it has started so far; a log that it appends to says so."""
        return self.log().count("daemon started")

    def _starting(self, before: int) -> str:
        """Nothing once it takes connections, else what it says."""
        if self._process is None or self._process.poll() is not None:
            self._spawn()  # also once more: what a kill has left of the one before may still hold its port
        # It says that it has started a little before it listens.
        if self._starts() > before and self._listens():
            return ""
        return f"{(self._home / 'errors').read_text()}{self.log()[-2000:]}\nnobody listens at {self.address}"

    def _listens(self) -> bool:
        try:
            socket.create_connection((self._plan.host, self._plan.port), 5).close()
        except OSError:
            return False
        return True

    def _spawn(self) -> None:
        master = _postfix_setting("daemon_directory") / "master"
        command = [str(master), "-s", "-c", str(self._home / "etc")]
        with (self._home / "errors").open("a") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True
            )

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            os.killpg(process.pid, how)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)
        (self._home / "queue" / "pid" / "master.pid").unlink(missing_ok=True)


@contextmanager
def postfix(plan: Plan) -> Iterator[Postfix]:
    """A Postfix for as long as it is needed. Where none can be had the test is skipped, and says so."""
    skip_without_postfix()
    server = Postfix(plan)
    try:
        server.start()
        yield server
    finally:
        server.remove()


def skip_without_postfix() -> None:
    if find("postfix") is None:
        pytest.skip("SKIPPED: Postfix can not be installed here")
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: Postfix is only started by root")


def _postfix_setting(name: str) -> Path:
    """A path that the package was built with; where the machine's own configuration is does not matter."""
    postconf = find("postconf")
    assert postconf is not None
    done = subprocess.run([postconf, "-dh", name], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def _tls_settings(certificate: Path | None) -> dict[str, str]:
    """STARTTLS with a PEM file of key and chain, or none."""
    if certificate is None:
        return {"smtpd_tls_security_level": "none"}
    return {
        "smtpd_tls_security_level": "may",
        "smtpd_tls_chain_files": str(certificate),
        "smtpd_tls_received_header": "yes",
        "smtpd_tls_loglevel": "1",
    }


def _policy_settings(address: str) -> dict[str, str]:
    if not address:
        return {}
    return {"smtpd_restriction_classes": "greylist", "greylist": f"check_policy_service inet:{address}"}


def _table(rows: Mapping[str, str]) -> str:
    return "".join(f"/{pattern}/ {result}\n" for pattern, result in rows.items())


def _ids(user: str) -> tuple[int, int]:
    import pwd

    found = pwd.getpwnam(user)
    return found.pw_uid, found.pw_gid


def _make_queue(queue: Path) -> None:
    """What `postfix check` would make; that takes a second, and is made for a machine's one queue."""
    private = [
        "active",
        "bounce",
        "corrupt",
        "defer",
        "deferred",
        "flush",
        "hold",
        "incoming",
        "private",
        "saved",
        "trace",
    ]
    for name, mode, group in [
        *((name, 0o700, "root") for name in private),
        ("maildrop", 0o1730, "postdrop"),
        ("public", 0o2710, "postdrop"),
    ]:
        (queue / name).mkdir()
        shutil.chown(queue / name, "postfix", group)
        (queue / name).chmod(mode)
    (queue / "pid").mkdir()
