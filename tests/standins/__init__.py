"""What the tests put in the place of the world, shared by all rooms; nothing here is a test.

| module | what it plays, or holds |
| --- | --- |
| `account` | a fresh account at Cloudflare, for `wrangler deploy` |
| `cloudflare` | Cloudflare's API for one zone, with the traps that are reported of it |
| `domains` | six domains to set up, an operator who runs the commands, what must hold at every moment |
| `messengers` | Telegram's bot and Slack's app, asked who and where, and a person who presses Start |
| `nameserver` | an authoritative DNS server on 127.0.0.1, with faults; a domain that is set up well |
| `node` | Node, both versions of Pyodide, and Cloudflare's SDK, as the tests start them |
| `operator` | commands at terminals, quick to start, whose DNS and edge are others |
| `outside` | all that `init` meets: Cloudflare, chats, DNS, the edge's port 25 |
| `primary` | a primary that says what it is told to, by SMTP or LMTP, at any step |
| `runs` | random runs of setup: zones, troubles, kills, another person, and what must hold |
| `session` | the emulator's SMTP server in front of a recorder, and a session typed by hand |
| `settings` | a `wrangler.toml` that names all there is |
| `smtp_server` | an SMTP server that says what it is told to, with or without TLS |
| `terminal` | a terminal with `mail-failover` in it, and what is typed there |
| `uploader` | `wrangler deploy`, as our own `deploy` starts it |
| `world` | one message through the unmodified Worker, edge, inboxes and chats in memory |
| `watch` | what a Worker does with its message, noted while it does it |
| `wrangler` | a `wrangler dev` that fails in every way that was seen |
| `judges` | independent judges of what is sent to Telegram and Slack |
"""
