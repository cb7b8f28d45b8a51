"""The command `drill`: one marked message through the whole path; without one, judging is `doctor`'s."""
