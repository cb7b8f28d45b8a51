"""The Worker's address on the web, as .dev.vars names it: only the spool's door needs one."""
