"""Signatures of what subscribers are sent (the SNS developer guide, "Verifying the signatures of Amazon SNS messages").

Version 1 is SHA1withRSA, version 2 SHA256withRSA. A message has one signature for all of its subscribers.
"""

import base64
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

SIGNED: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
    "UnsubscribeConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
"""The signed fields by ``Type``, in their order. One that is not there is left out."""
_KEPT: Final = 64


def string_to_sign(fields: Mapping[str, str]) -> str:
    """Name and value of each signed field, each on a line."""
    names = SIGNED[fields["Type"]]
    return "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields)


class Signer:
    """Signs with a private key in PEM. It keeps the last signatures: the next subscriber gets the same message."""

    def __init__(self, private: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        key = load_pem_private_key(private, None)
        assert isinstance(key, RSAPrivateKey)
        self._key: RSAPrivateKey = key
        self._kept: OrderedDict[tuple[str, str], str] = OrderedDict()

    def sign(self, fields: Mapping[str, str], version: str) -> str:
        """In base64; ``version`` is ``1`` or ``2``."""
        text = string_to_sign(fields)
        found = self._kept.get((version, text))
        if found is None:
            found = self._kept[version, text] = self._sign(text, version)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def _sign(self, text: str, version: str) -> str:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA1, SHA256

        # SHA1 because validators written for version 1 verify nothing else.
        kind = SHA256() if version == "2" else SHA1()  # noqa: S303 - see above
        return base64.b64encode(self._key.sign(text.encode(), PKCS1v15(), kind)).decode()
