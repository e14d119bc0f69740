"""The web server: uvicorn on a socket of ours, without its own logging and signal handling."""

import asyncio
import os
import socket
import ssl
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mailgauge.base.asgi import App, Receive, Scope, Send
from mailgauge.base.tasks import Supervisor
from mailgauge.config.addresses import AddressError, is_loopback, split_address


def bind(address: str) -> socket.socket:
    """A listening socket. Raises AddressError."""
    host, port = split_address(address)
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise not_listening("listen", address, error) from error
    listener.setblocking(False)
    return listener


def not_listening(option: str, address: str, error: OSError) -> AddressError:
    """The failure in words, for ``[server] listen`` or ``inbound``: what is wrong, and where to change it."""
    # asyncio's own text repeats the address.
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror or error)
    return AddressError(
        f"can't listen on {address}: {reason}. Choose another with --{option} or MAILGAUGE_SERVER_{option.upper()}"
    )


def require_loopback(option: str, address: str) -> None:
    """Raises AddressError for an address that others than this machine could reach."""
    host, _ = split_address(address)
    if not is_loopback(host):
        raise AddressError(
            f"`local` checks no signatures, so it listens on loopback only, not on {host} (--{option}): use `serve`, or "
            "--allow-remote inside a container"
        )


def refuse_plain_http(address: str) -> None:
    """Raises AddressError for an address that others than this machine could reach, where there is no TLS."""
    host, _ = split_address(address)
    if not is_loopback(host):
        raise AddressError(
            f"others can reach {address}, and HTTP without TLS shows everybody on the way what is said, secrets among it: "
            "name a certificate in [tls], or in [server] trusted_proxies the proxies that speak TLS for it, or listen "
            "on 127.0.0.1 (--listen)"
        )


def url_of(listener: socket.socket, *, is_tls: bool = False) -> str:
    """``http://127.0.0.1:4566``"""
    scheme = "https" if is_tls else "http"
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class HttpServer:
    """Serves ``app`` from ``start`` until ``stop``; ``stop`` lets running requests end. With ``tls`` it speaks nothing else."""

    def __init__(
        self, app: App, listener: socket.socket, tasks: Supervisor, tls: ssl.SSLContext | None = None
    ) -> None:
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ssl_context_factory=None if tls is None else lambda _config, _default: tls,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )
        self._server = _Quiet(config)
        self._listener = listener
        self._tasks = tasks
        self._ended = asyncio.Event()

    async def start(self) -> None:
        """Raises AddressError when it came to nothing."""
        self._tasks.spawn("http", self._serve())
        await self._server.is_up.wait()
        if self._ended.is_set():
            raise AddressError("the web server did not start; the log has the reason")

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._ended.wait()

    async def _serve(self) -> None:
        try:
            await self._server.serve(sockets=[self._listener])
        finally:
            self._ended.set()
            self._server.is_up.set()  # whoever waits for a start that failed must not wait for ever


class _Protocol(HttpToolsProtocol):
    """Tells applications of TLS by ASGI's extension for it, which uvicorn leaves out."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        connection = transport.get_extra_info("ssl_object")
        if connection is not None:
            version = ssl.TLSVersion[connection.version().replace(".", "_")]
            self.app = _telling(self.app, {"tls": {"tls_version": int(version)}})


def _telling(app: Any, extensions: dict[str, Any]) -> Any:
    async def tell(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "extensions": extensions}, receive, send)

    return tell


class _Quiet(uvicorn.Server):
    """Signals are the command's business, not the web server's. ``is_up`` is set once it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    def capture_signals(self) -> "_NoSignals":  # type: ignore[override]  # uvicorn's is a generator-based context
        return _NoSignals()


class _NoSignals:
    def __enter__(self) -> None: ...

    def __exit__(self, *exc: object) -> None: ...
