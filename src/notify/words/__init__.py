"""What the Worker says in alerts: one table of texts for each language."""
