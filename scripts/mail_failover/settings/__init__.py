"""The Worker's settings on this machine; what they mean says the Worker's own code, what to mend `doctor`."""
