"""A certificate for STARTTLS, made for one run by the machine's own openssl."""

import ssl
import subprocess
import tempfile
from pathlib import Path

from .session import HOSTNAME

SECONDS = 20
# Written out, so that no openssl.cnf of the machine has a say, nor an older tool lacks an option.
_CONFIG = f"""
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = {HOSTNAME}
[extensions]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:{HOSTNAME}, DNS:localhost, IP:127.0.0.1, IP:::1
"""
_COMMAND = (
    *("openssl", "req", "-x509", "-config", "config", "-days", "365", "-nodes"),
    *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", "key.pem", "-out", "cert.pem"),
)


class CertificateError(Exception):
    """There is no certificate; the text says why, in one line."""


def own_tls() -> ssl.SSLContext:
    """Make a key and a certificate that it signs itself, and return what a server needs for TLS.

    Blocks for a moment. Neither outlives the call on the disk.

    Raises:
        CertificateError: openssl is missing, or fails.

    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        with tempfile.TemporaryDirectory(prefix="mail-failover-") as name:
            folder = Path(name)
            _make(folder)
            context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    except OSError as error:
        raise CertificateError(f"openssl failed: {error}") from error
    return context


def _make(folder: Path) -> None:
    (folder / "config").write_text(_CONFIG, encoding="ascii")
    try:
        subprocess.run(_COMMAND, cwd=folder, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603
    except FileNotFoundError as error:
        raise CertificateError("openssl is not installed") from error
    except subprocess.CalledProcessError as error:
        words = error.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise CertificateError(f"openssl failed: {words or f'exit code {error.returncode}'}") from error
    except subprocess.TimeoutExpired as error:
        raise CertificateError(f"openssl failed: no answer within {SECONDS} s") from error
