"""The private keys that open what is encrypted for home, each in a file that its fingerprint names."""

import base64
import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .errors import NoKey
from .private import PrivateFile, give_name, make_folder, unwritable

BITS = 3072
_FILE = re.compile(r"[0-9a-f]{16}\.pem")
_MOST_BYTES = 64 << 10


class Keys:
    """A folder of private keys. A key's name is the first 16 hex digits of its public half's SHA-256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._found: dict[str, rsa.RSAPrivateKey] = {}

    def path(self, name: str) -> Path:
        """Return where a key lies, or would."""
        return self.folder / f"{name}.pem"

    def names(self) -> list[str]:
        """Return what keys there are, the newest first, by when their files were written."""
        try:
            files = [path for path in self.folder.iterdir() if _FILE.fullmatch(path.name)]
            return [path.stem for path in sorted(files, key=lambda p: p.stat().st_mtime_ns, reverse=True)]
        except OSError:
            return []

    def find(self, name: str, copy_id: str = "") -> rsa.RSAPrivateKey:
        """Return a private key; `copy_id` is what it is to open.

        Raises:
            NoKey: it is not here, or its file can't be used.

        """
        if name not in self._found:
            self._found[name] = self._read(name, copy_id)
        return self._found[name]

    def make(self) -> str:
        """Make a key, and return its name once it is on the disk.

        Raises:
            DiskError, UsageError: it can't be written.

        """
        private = rsa.generate_private_key(65537, BITS)
        name = _name_of(private)
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        make_folder(self.folder)
        try:
            with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
                part = Path(scratch) / "new.pem"
                with PrivateFile(part) as file:
                    file.write(private.private_bytes(*form))
                    file.sync()
                give_name(part, self.path(name))
        except OSError as error:
            raise unwritable(self.folder, error) from error
        self._found[name] = private
        return name

    def _read(self, name: str, copy_id: str) -> rsa.RSAPrivateKey:
        path = self.path(name)
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                text = file.read(_MOST_BYTES)
        except FileNotFoundError:
            here = ", ".join(self.names()) or "none"
            fix = f"There is no {path} (keys there: {here}): put it there from where you keep a copy of it."
            raise NoKey(f"the key {name} is not here", fix, copy_id) from None
        except OSError as error:
            raise _unusable(name, f"{path} can't be read: {error.strerror}.", copy_id) from error
        if not stat.S_ISREG(mode) or mode & 0o077:
            raise _unusable(name, f"Others may read {path}. Type: `chmod 600 {path}`", copy_id)
        try:
            private = serialization.load_pem_private_key(text, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # TypeError: it asks for a passphrase.
            raise _unusable(name, f"{path} holds no private key in PEM, or a locked one.", copy_id) from None
        if not isinstance(private, rsa.RSAPrivateKey) or _name_of(private) != name:
            raise _unusable(name, f"{path} holds another key than its name says.", copy_id)
        return private


def public_half(private: rsa.RSAPrivateKey) -> str:
    """Return the public half as the Worker's SPOOL_KEY takes it: SPKI, in base64, on one line."""
    return base64.b64encode(_spki(private)).decode()


def _name_of(private: rsa.RSAPrivateKey) -> str:
    return hashlib.sha256(_spki(private)).hexdigest()[:16]


def _spki(private: rsa.RSAPrivateKey) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.DER, form)


def _unusable(name: str, fix: str, copy_id: str) -> NoKey:
    return NoKey(f"the key {name} can't be used", fix, copy_id)
