"""Handing a message to an SMTP server, byte for byte."""

import re
import smtplib
from collections.abc import Sequence


class RefusedError(Exception):
    """The server refused: `reply` is its code and text."""

    def __init__(self, code: int, text: bytes | str) -> None:
        text = text.decode(errors="replace") if isinstance(text, bytes) else text
        self.code = code
        self.reply = f"{code} {' '.join(text.split())}"
        super().__init__(self.reply)

    @property
    def permanent(self) -> bool:
        """Tell whether trying again is of no use (RFC 5321, section 4.2.1)."""
        return self.code >= 500


def submit(
    server: tuple[str, int],
    sender: str,
    recipients: Sequence[str],
    content: bytes,
    *,
    seconds: float = 60,
) -> str:
    """Send one message in a session of its own and return the server's reply; blocks, `seconds` a step.

    A CRLF is added at the end where the content has none: SMTP can't carry it otherwise.

    Raises:
        RefusedError: the server said no, for now or for good.
        OSError: no connection, or it broke before the answer; then the server may have the message.

    """
    try:
        with smtplib.SMTP(*server, "mail-failover.invalid", timeout=seconds) as smtp:
            smtp.ehlo_or_helo_if_needed()
            _expect(smtp.mail(sender, _options(smtp, sender, recipients, content)), 250)
            for recipient in recipients:
                _expect(smtp.rcpt(recipient), 250)
            _expect(smtp.docmd("DATA"), 354)
            smtp.send(quoted(content))
            return _expect(smtp.getreply(), 250)
    except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
        raise RefusedError(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPServerDisconnected as error:
        raise ConnectionResetError(str(error)) from error


def quoted(content: bytes) -> bytes:
    r"""Make the content ready for DATA: dots doubled at the start of lines that CRLF ends, and the final dot.

    smtplib also doubles dots after a bare LF, which changes such a message (RFC 5321, section 4.5.2).
    """
    if content and not content.endswith(b"\r\n"):
        content += b"\r\n"
    return re.sub(rb"(\A|\r\n)\.", rb"\1..", content) + b".\r\n"


def _options(smtp: smtplib.SMTP, sender: str, recipients: Sequence[str], content: bytes) -> list[str]:
    options = [f"SIZE={len(content)}"] if smtp.has_extn("size") else []
    if smtp.has_extn("8bitmime") and not content.isascii():
        options.append("BODY=8BITMIME")
    if not all(address.isascii() for address in (sender, *recipients)):
        smtp.command_encoding = "utf-8"
        options.append("SMTPUTF8")
    return options


def _expect(answer: tuple[int, bytes], code: int) -> str:
    if answer[0] != code:
        raise RefusedError(*answer)
    return f"{code} {answer[1].decode(errors='replace')}"
