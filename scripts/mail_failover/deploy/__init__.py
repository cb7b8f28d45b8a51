"""The Worker uploaded with the settings and secrets that are here: checked, shown, asked, read back."""
