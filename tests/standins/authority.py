"""A certificate authority for tests, with certificates that it or another of its kind issued."""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
YEARS = dt.timedelta(days=3650)


class Authority:
    """Issues certificates; `der` is its own, signed by `parent` or by itself."""

    def __init__(self, name, parent=None):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _common(name)
        self._certificate = (parent or self)._sign(self._name, self._key.public_key(), (), ca=True)
        self.der = self._certificate.public_bytes(Encoding.DER)

    def issue(self, common, names=(), begin=BEGIN):
        """Return a certificate in DER, and its key in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._sign(_common(common), key.public_key(), names, begin=begin)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return made.public_bytes(Encoding.DER), pem

    def _sign(self, subject, public, names, *, ca=False, begin=BEGIN):
        made = x509.CertificateBuilder(
            self._name, subject, public, x509.random_serial_number(), begin, begin + YEARS
        )
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if names:
            alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            made = made.add_extension(alternative, critical=False)
        return made.sign(self._key, hashes.SHA256())


def pem(*certificates):
    """Return certificates in DER as one PEM file."""
    return b"".join(x509.load_der_x509_certificate(each).public_bytes(Encoding.PEM) for each in certificates)


def _common(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
