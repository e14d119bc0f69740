"""CBOR of results (smithy-rpc-v2-cbor): blobs are byte strings, timestamps tag 1 with an eight-byte float."""

from typing import TYPE_CHECKING, Any

from mailgauge.aws.serialize.json import JsonWriters
from mailgauge.aws.serialize.values import Writer, epoch

if TYPE_CHECKING:
    from botocore.model import Shape


def dump(document: Any) -> bytes:
    import cbor2

    return cbor2.dumps(document)


class CborWriters(JsonWriters):
    """As JSON, but for the types that CBOR has and JSON lacks."""

    def scalar(self, shape: "Shape") -> Writer:
        match shape.type_name:
            case "float" | "double":
                return float
            case "blob":
                return bytes
            case "timestamp":
                from cbor2 import CBORTag

                return lambda moment: CBORTag(1, epoch(moment))
            case _:
                return super().scalar(shape)
