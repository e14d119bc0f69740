"""How settings and tags are kept in a row."""

from collections.abc import Mapping

import msgspec

from mailgauge.sns.model import Tags

encode = msgspec.json.Encoder().encode
_settings = msgspec.json.Decoder(dict[str, str]).decode
_tags = msgspec.json.Decoder(tuple[tuple[str, str], ...]).decode


def decode(kept: bytes) -> Mapping[str, str]:
    return _settings(kept)


def decode_tags(kept: bytes) -> Tags:
    return _tags(kept)
