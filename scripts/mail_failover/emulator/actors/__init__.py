"""Who stands around the edge in the experiment: a sender somewhere, one's own server, and what is written."""
