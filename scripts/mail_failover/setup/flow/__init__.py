"""One run of a command, from the first look to the last word; no step is computed or carried out here."""
