"""A message to be published (``sns/Publish``), as it is kept and handed on. Pure values; nothing is checked here."""

import base64

import msgspec


class Attribute(msgspec.Struct, frozen=True):
    """A message attribute. ``data_type`` is ``String``, ``String.Array``, ``Number`` or ``Binary`` (whose value is base64)."""

    name: str
    data_type: str
    value: str

    @property
    def is_binary(self) -> bool:
        return self.data_type == "Binary" or self.data_type.startswith("Binary.")

    @property
    def binary(self) -> bytes:
        """The bytes of a binary one."""
        return base64.b64decode(self.value)


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """``by_protocol`` are the texts of ``MessageStructure=json`` for protocols that have one; ``body`` is for all others."""

    body: str
    subject: str | None = None
    attributes: tuple[Attribute, ...] = ()
    by_protocol: dict[str, str] | None = None
    group: str | None = None
    """Of FIFO topics, with ``deduplication`` and ``sequence``."""
    deduplication: str | None = None
    sequence: str | None = None

    def body_for(self, protocol: str) -> str:
        """What subscribers of this protocol get."""
        return (self.by_protocol or {}).get(protocol, self.body)


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Message).decode
