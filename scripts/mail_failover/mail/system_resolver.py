"""The system's resolver, as counting SPF lookups asks it, and whether it tells the truth."""

from collections.abc import Sequence

from .spf.lookups import Resolve
from .spf.record import INCLUDE, is_spf

_SECONDS = 3.0


class SystemResolve:
    """Asks the system's resolver; after one that does not answer, nothing more is asked."""

    def __init__(self) -> None:
        self._dead = False

    def __call__(self, name: str, kind: str) -> Sequence[str]:
        """Return the records as text.

        Raises:
            OSError: there is no answer to be had.

        """
        import dns.exception  # noqa: PLC0415 - costs time, and is not always needed
        import dns.resolver  # noqa: PLC0415

        if self._dead:
            raise OSError("no answer from the resolver before")
        try:
            found = dns.resolver.resolve(f"{name}.", kind, raise_on_no_answer=False, lifetime=_SECONDS)
        except dns.resolver.NXDOMAIN:
            return []
        except dns.resolver.NoNameservers as error:
            raise OSError(str(error)) from error
        except (dns.exception.DNSException, UnicodeError) as error:
            self._dead = True
            raise OSError(str(error)) from error
        if kind == "TXT":
            return [b"".join(record.strings).decode("utf-8", "replace") for record in found.rrset or ()]
        return [record.to_text() for record in found.rrset or ()]


def honest(resolve: Resolve) -> Resolve:
    """Return the resolver, or a silent one for a resolver that denies what is certainly there."""

    def silent(_name: str, _kind: str) -> Sequence[str]:
        raise OSError("the resolver does not tell the truth")

    try:
        return resolve if any(map(is_spf, resolve(INCLUDE, "TXT"))) else silent
    except OSError:
        return silent
