"""The commands of `setup`: change a domain and take it back; whether it works say `doctor` and `drill`."""
