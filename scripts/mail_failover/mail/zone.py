"""Which zone a name belongs to."""

from .resolver import Dns


async def zone_of(dns: Dns, name: str) -> str:
    """Return the top of a name's zone: the nearest name that has a SOA record, itself or a parent.

    Where none has, the name itself.

    Raises:
        DnsError: there is no answer.

    """
    labels = name.split(".")
    for parent in (".".join(labels[start:]) for start in range(len(labels) - 1)):
        answer = await dns.ask(parent, "SOA")
        # An alias answers with the record of what it points to.
        if answer.records and not answer.alias:
            return parent
    return name
