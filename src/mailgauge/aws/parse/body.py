"""The body of a request as the client meant it: gzip undone, within a limit. Signatures cover the body before this."""

import zlib

from mailgauge.aws.errors import AwsError
from mailgauge.aws.http import HttpRequest

DEFAULT_LIMIT = 16 * 1024 * 1024


def decoded_body(request: HttpRequest, limit: int, code: str) -> bytes:
    """Raises AwsError with ``code`` when the body is not what its Content-Encoding says."""
    encoding = request.headers.get("content-encoding")
    if not encoding or encoding.strip().lower() == "identity":
        return request.body
    if encoding.strip().lower() not in {"gzip", "x-gzip"}:
        raise AwsError(code, f"Content-Encoding {encoding} is not supported")
    try:
        return _gunzip(request.body, limit)
    except zlib.error as error:
        raise AwsError(code, "The body is not valid gzip data") from error


def _gunzip(data: bytes, limit: int) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    out = stream.decompress(data, limit + 1)
    if len(out) > limit:
        raise AwsError("RequestEntityTooLarge", f"The body expands to more than {limit} bytes", status=413)
    if not stream.eof or stream.unused_data:
        raise zlib.error("the data ends early or goes on")
    return out
