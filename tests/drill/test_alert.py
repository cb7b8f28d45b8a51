"""What the Worker says of a drill's message."""

import pytest

from failover.message import Envelope
from failover.settings import Settings
from failover.skim import skim
from mail_failover.drill.send import new_token, write_drill
from notify.describe import caught


@pytest.mark.parametrize("detail", ["sender", "subject", "preview"])
def test_the_alert_of_a_drill_calls_it_a_drill(detail):
    """Whatever the alert shows; its mark stays readable, so that it can be told from another drill's."""
    token = new_token()
    drill, content = write_drill("root@vps.example", "anna@example.com", token)
    content = b"Received: from vps.example by mx.cloudflare.net\r\n" + content
    mail = skim(content, len(content))
    envelope = Envelope(drill.sender, drill.recipient, len(content))
    alert = caught(envelope, mail, (), Settings(detail=detail))
    assert alert.headline == "Caught a message and forwarded it: a drill, it says"
    found = {field.label: field.text for field in alert.fields}
    assert found["From"] == "mail-failover drill <root@vps.example>"
    assert found.get("Subject") == (None if detail == "sender" else f"mail-failover drill {token}")
    assert (token in alert.preview) == (detail == "preview")
