"""A pair of keys for encrypted copies, made once: that takes a second."""

import base64
import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PRIVATE_KEY = rsa.generate_private_key(65537, 2048)
"""Opens what is encrypted for PUBLIC_KEY. Shorter than `mail-failover spool key` makes one, to be quick."""

_SPKI = PRIVATE_KEY.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)

PUBLIC_KEY = base64.b64encode(_SPKI).decode()
"""As SPOOL_KEY has it."""

NAME = hashlib.sha256(_SPKI).hexdigest()[:16]
"""What a copy that is encrypted for PUBLIC_KEY calls it."""

PEM = PRIVATE_KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
"""The private half, as it lies in its file."""


def bring(folder, name=NAME, content=PEM):
    """Put a private key into a folder of keys, as from a backup, and return its file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{name}.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    return path
