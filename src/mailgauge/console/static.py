"""The built page, served from its folder. Files under ``assets/`` carry a hash in their names and never change."""

import gzip
import mimetypes
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

NOT_BUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Mailgauge</title></head>
<body>
<h1>The console is not built</h1>
<p>The service itself runs. An installed package carries the console; in a source tree it is built with</p>
<pre>make console</pre>
<p>and this page then shows it, without a restart.</p>
</body>
</html>
"""

_FOR_EVER = "public, max-age=31536000, immutable"


class _File(NamedTuple):
    media_type: str
    etag: str
    changed: int
    plain: bytes
    packed: bytes


class StaticPage:
    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._files: dict[Path, _File] = {}

    def page(self, request: Request) -> Response:
        """The page itself, asked for anew each time so that an upgrade shows at once."""
        index = self._folder / "index.html"
        if not index.is_file():
            return HTMLResponse(NOT_BUILT, 503, {"cache-control": "no-store"})
        return self._answer(request, index, "no-cache")

    def file(self, request: Request) -> Response:
        name = str(request.path_params["name"])
        path = self._find(name)
        if path is None:
            return Response("No such file.\n", 404, media_type="text/plain")
        return self._answer(request, path, _FOR_EVER if name.startswith("assets/") else "no-cache")

    def _find(self, name: str) -> Path | None:
        try:
            path = (self._folder / name).resolve()
            return path if path.is_relative_to(self._folder) and path.is_file() else None
        except (OSError, ValueError):  # longer than names may be, or with a NUL
            return None

    def _answer(self, request: Request, path: Path, caching: str) -> Response:
        file = self._load(path)
        headers = {"cache-control": caching, "etag": file.etag, "vary": "accept-encoding"}
        if request.headers.get("if-none-match") == file.etag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(file.packed, 200, {**headers, "content-encoding": "gzip"}, file.media_type)
        return Response(file.plain, 200, headers, file.media_type)

    def _load(self, path: Path) -> _File:
        changed = path.stat().st_mtime_ns
        file = self._files.get(path)
        if file is None or file.changed != changed:
            plain = path.read_bytes()
            etag = f'"{blake2b(plain, digest_size=12).hexdigest()}"'
            media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            file = self._files[path] = _File(media_type, etag, changed, plain, gzip.compress(plain, mtime=0))
        return file
