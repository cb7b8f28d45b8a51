"""The way back: the domain off the Worker, then the Worker out of the account; what stays is named."""
