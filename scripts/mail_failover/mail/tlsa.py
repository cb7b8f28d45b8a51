"""TLSA records of an SMTP server, compared with the certificates that it sends (RFC 6698, RFC 7672)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID, PublicKeyAlgorithmOID

TRUST_ANCHOR, END_ENTITY = 2, 3
# Of these the key is written again as it was read; of others (RSASSA-PSS) it need not be.
_KEYS = frozenset(
    {
        PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5,
        PublicKeyAlgorithmOID.EC_PUBLIC_KEY,
        PublicKeyAlgorithmOID.ED25519,
        PublicKeyAlgorithmOID.ED448,
    }
)
_MOST_CERTIFICATES = 16


class CertificateError(Exception):
    """A certificate can't be read, or not its key."""


@dataclass(frozen=True, slots=True)
class Tlsa:
    """One record: certificate usage, selector, matching type and data (RFC 6698, section 2.1)."""

    usage: int
    selector: int
    matching: int
    data: bytes

    def __str__(self) -> str:
        digits = self.data.hex()
        return f"{self.numbers} {digits[:16]}{'…' * (len(digits) > 16)}"

    @property
    def numbers(self) -> str:
        """Return usage, selector and matching type."""
        return f"{self.usage} {self.selector} {self.matching}"

    @property
    def text(self) -> str:
        """Return all of it, as it stands in a zone file."""
        return f"{self.numbers} {self.data.hex()}"

    @property
    def unusable(self) -> str:
        """Say why senders of mail pass over it; empty if they do not."""
        if self.usage not in {TRUST_ANCHOR, END_ENTITY}:
            return f"usage {self.usage} is none for mail"
        if self.selector not in {0, 1}:
            return f"there is no selector {self.selector}"
        if self.matching not in {0, 1, 2}:
            return f"there is no matching type {self.matching}"
        return "" if self.data else "it is empty"

    def covers(self, certificate: bytes) -> bool:
        """Tell whether it is a usable record's certificate, or has its key; in DER.

        Raises:
            CertificateError: the certificate can't be read.

        """
        selected = _key(_read(certificate)) if self.selector else certificate
        if not self.matching:
            return selected == self.data
        hashed = hashlib.sha256(selected) if self.matching == 1 else hashlib.sha512(selected)
        return hashed.digest() == self.data


def fitting(certificate: bytes) -> Tlsa:
    """Return the record that fits a server's own certificate: 3 1 1, which a renewal with its key keeps.

    Raises:
        CertificateError: the certificate can't be read.

    """
    return Tlsa(END_ENTITY, 1, 1, hashlib.sha256(_key(_read(certificate))).digest())


def distrust(records: Sequence[Tlsa], chain: Sequence[bytes], names: Sequence[str], now: float) -> str:
    """Say why none of these trust anchors vouches for a server; empty if one does (RFC 7672, section 3.1.2).

    `chain` is what the server sent, its own certificate first; `names` are those it may have. An authority's
    bare key in a record (2 1 0) counts only where its certificate was sent.

    Raises:
        CertificateError: the server's certificate can't be read.

    """
    own, moment = _read(chain[0]), datetime.fromtimestamp(now, UTC)
    if not _is_for(own, names):
        return f"the certificate is for another name than {names[0]}"
    if not own.not_valid_before_utc <= moment <= own.not_valid_after_utc:
        return "the certificate is not valid at this time"
    given = [record.data for record in records if (record.selector, record.matching) == (0, 0)]
    pool = _readable([*chain[1:], *given][:_MOST_CERTIFICATES])
    reached = [own]
    # Each turn adds those who issued what was reached.
    while issuers := [each for each in pool if each not in reached and _issued_any(reached, each)]:
        if any(_covers(record, each) for record in records for each in issuers):
            return ""
        reached += issuers
    return "none names an authority in the chain that the server sends"


def _read(certificate: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(certificate)
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateError(f"it can't be read ({error})") from error


def _key(certificate: x509.Certificate) -> bytes:
    """Return a certificate's SubjectPublicKeyInfo in DER."""
    try:
        if certificate.public_key_algorithm_oid not in _KEYS:
            raise CertificateError("its key is of an uncommon kind")
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(f"its key can't be read ({error})") from error


def _readable(certificates: Sequence[bytes]) -> list[x509.Certificate]:
    found = []
    for certificate in certificates:
        try:
            found.append(_read(certificate))
        except CertificateError:
            continue
    return found


def _covers(record: Tlsa, certificate: x509.Certificate) -> bool:
    try:
        return record.covers(certificate.public_bytes(Encoding.DER))
    except CertificateError:
        return False


def _issued_any(certificates: Sequence[x509.Certificate], issuer: x509.Certificate) -> bool:
    return any(_issued(certificate, issuer) for certificate in certificates)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_for(certificate: x509.Certificate, names: Sequence[str]) -> bool:
    """Tell whether a certificate is for one of these names (RFC 7672, section 3.2.3)."""
    try:
        lowered = {pattern.lower() for pattern in _names_in(certificate)}
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False
    return any(name in lowered or f"*.{name.partition('.')[2]}" in lowered for name in names)


def _names_in(certificate: x509.Certificate) -> list[str]:
    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return [str(each.value) for each in common]
    return held.get_values_for_type(x509.DNSName)
