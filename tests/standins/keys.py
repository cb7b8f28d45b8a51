"""A pair of keys for encrypted copies, made once: that takes a second."""

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PRIVATE_KEY = rsa.generate_private_key(65537, 2048)
"""Opens what is encrypted for PUBLIC_KEY. Shorter than `mail-failover spool key` makes one, to be quick."""

PUBLIC_KEY = base64.b64encode(
    PRIVATE_KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()
"""As SPOOL_KEY has it."""
