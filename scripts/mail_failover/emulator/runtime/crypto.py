"""JavaScript's `crypto.subtle`, as far as the Worker uses it: encrypting with AES-GCM and RSA-OAEP.

Source: https://www.w3.org/TR/WebCryptoAPI/
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .javascript import JsBuffer, JsBytes, JsException, JsObject
from .promises import JsPromise

_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


@dataclass(frozen=True, slots=True)
class CryptoKey:
    """A key that nobody can read."""

    key: AESGCM | rsa.RSAPublicKey


class Subtle:
    """What encrypts; every failure is one of the promise."""

    @staticmethod
    def importKey(  # noqa: N802 - the name is JavaScript's
        form: str, data: JsBytes, algorithm: JsObject | str, extractable: bool, usages: Sequence[str], /
    ) -> JsPromise:
        """Begin to import a key for encrypting: raw for AES-GCM, SPKI for RSA-OAEP with SHA-256."""
        del extractable
        return JsPromise(_import(form, bytes(data.data), algorithm, usages))

    @staticmethod
    def encrypt(algorithm: JsObject, key: CryptoKey, data: JsBytes, /) -> JsPromise:
        """Begin to encrypt."""
        # Copied at the call, as the standard has it.
        return JsPromise(_encrypt(algorithm.fields, key.key, bytes(data.data)))


class Crypto:
    """The global `crypto`."""

    subtle = Subtle


async def _import(form: str, data: bytes, algorithm: JsObject | str, usages: Sequence[str]) -> CryptoKey:
    if list(usages) != ["encrypt"]:
        raise JsException("Unsupported key usage.", "SyntaxError")
    name = algorithm if isinstance(algorithm, str) else algorithm.fields["name"]
    try:
        if (form, name) == ("raw", "AES-GCM"):
            return CryptoKey(AESGCM(data))
        key = serialization.load_der_public_key(data)
        sha256 = isinstance(algorithm, JsObject) and algorithm.fields.get("hash") == "SHA-256"
        if (form, name) == ("spki", "RSA-OAEP") and isinstance(key, rsa.RSAPublicKey) and sha256:
            return CryptoKey(key)
    except ValueError:
        raise JsException("Invalid key data.", "DataError") from None
    raise JsException("Unrecognized key import algorithm.", "NotSupportedError")


async def _encrypt(algorithm: Any, key: AESGCM | rsa.RSAPublicKey, data: bytes) -> JsBuffer:
    match algorithm["name"], key:
        case "AES-GCM", AESGCM():
            about = algorithm["additionalData"].data
            return JsBuffer(key.encrypt(bytes(algorithm["iv"].data), data, bytes(about)))
        case "RSA-OAEP", rsa.RSAPublicKey():
            return JsBuffer(key.encrypt(data, _OAEP))
    raise JsException("Requested algorithm does not match this CryptoKey.", "InvalidAccessError")
