"""What the edge is called in the DNS."""

EDGE_SUFFIX = ".mx.cloudflare.net"
"""What the names of Email Routing's hosts end with."""

PATTERN = f"*{EDGE_SUFFIX}"
"""What an MTA-STS policy has to list for them (RFC 8461, section 4.1)."""
