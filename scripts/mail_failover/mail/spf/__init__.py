"""SPF records (RFC 7208): grammar, reading and merging, what they cost a receiver; nothing is asked here."""
