"""What is encrypted for home, opened again: from file to file, a piece at a time.

The form is that of docs/replay.md ("Encrypted for home"), format 1; each piece has its tag at its end.
"""

import base64
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .answers import Copy
from .errors import Altered, DiskError, UnknownFormat
from .keys import Keys
from .private import PrivateFile

PIECE_BYTES = 1 << 20
"""How much of a message one piece has; the last one may have less."""

_TAG_BYTES, _NONCE_BYTES, _KEY_BYTES = 16, 12, 32
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def stored_size(copy: Copy) -> int:
    """Return how many bytes the door gives of a copy."""
    return copy.size + _TAG_BYTES * _pieces(copy) if copy.sealed else copy.size


def key_for(copy: Copy, keys: Keys) -> rsa.RSAPrivateKey | None:
    """Return the private key that opens a copy, None of one in the clear.

    Raises:
        NoKey: it is not here, or can't be used.
        UnknownFormat: this version does not know how the copy is encrypted.

    """
    if not copy.sealed:
        return None
    if not copy.key:
        number = copy.sealed.partition(".")[0]
        raise UnknownFormat(
            f"this version does not know how it is encrypted (format {number})",
            "Install the version of mail-failover that the Worker comes from.",
            copy.id,
        )
    return keys.find(copy.key, copy.id)


def open_copy(copy: Copy, private: rsa.RSAPrivateKey, closed: Path, path: Path) -> None:
    """Decrypt a file of `stored_size` into a new one for its owner alone, which is there only if all opens.

    Raises:
        Altered: it is not what was encrypted as this copy.
        DiskError: it can't be read, or the other can't be written.

    """
    cipher, count = AESGCM(_unwrapped(copy, private)), _pieces(copy)
    with PrivateFile(path) as file:
        try:
            with closed.open("rb") as source:
                for number in range(count):
                    piece = source.read(PIECE_BYTES + _TAG_BYTES)
                    nonce, last = number.to_bytes(_NONCE_BYTES, "big"), number == count - 1
                    file.write(cipher.decrypt(nonce, piece, _about(copy, number, last=last)))
        except InvalidTag:
            raise _altered(copy, f"piece {number + 1} of {count} is not what was encrypted there") from None
        except OSError as error:
            raise DiskError(f"{closed} can't be read: {error.strerror}.") from error


def _unwrapped(copy: Copy, private: rsa.RSAPrivateKey) -> bytes:
    try:
        key = private.decrypt(base64.b64decode(copy.sealed.split(".")[2]), _OAEP)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise _altered(copy, f"what the spool has of its own key does not open with the key {copy.key}")
    return key


def _about(copy: Copy, number: int, *, last: bool) -> bytes:
    return f"mail-failover 1 {copy.id} {number} {'last' if last else 'more'}".encode()


def _pieces(copy: Copy) -> int:
    return max(1, -(-copy.size // PIECE_BYTES))


def _altered(copy: Copy, why: str) -> Altered:
    fix = (
        "It stays in the spool. If it does not open the next time either, it was altered in the Worker's"
        " object, and only an older state of that would open (point-in-time recovery)."
    )
    return Altered(why, fix, copy.id)
