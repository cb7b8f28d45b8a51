"""What the emulator says."""

from mail_failover.emulator.transcript import settings_lines


def test_settings_that_may_be_secret_are_not_shown():
    """By their names, and by the file they come from."""
    lines = "\n".join(
        settings_lines(
            {
                "A": "a",
                "B": "hush",
                "X_TOKEN": "hush",
                "SLACK_API_URL": "hush",
                "ALERTS": '{"@shop.test": {"ntfy": {"chat": "hush"}}}',
            },
            {"B"},
        )
    )
    assert '  A = "a"' in lines
    assert "hush" not in lines
