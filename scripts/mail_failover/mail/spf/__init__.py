"""SPF records (RFC 7208): their grammar, their reading and merging, what they cost a receiver."""
