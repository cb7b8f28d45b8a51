"""What the tests of `deploy` share."""

import pytest

from standins.uploading import Stage


@pytest.fixture
def stage(tmp_path, capsys):
    """Return a folder with settings, an account, and the command between them."""
    return Stage(tmp_path, capsys)
