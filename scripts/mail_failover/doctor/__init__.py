"""The command `doctor`: asks everything that can be wrong with a domain; changes nothing."""
