"""The Worker's address on the web, as wrangler.toml names it: only the spool's door needs one."""
