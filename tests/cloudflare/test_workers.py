"""The calls about Workers, and the stand-in that answers them: over a socket, as another process does."""

import json
import threading

import httpx
import pytest

from mail_failover.cloudflare import errors
from mail_failover.cloudflare.calls import Cloudflare
from standins.cloudflare import ACCOUNT, TOKEN, Standin, fault_at
from standins.cloudflare_server import serving

NAME = "mail-failover"
CODE = b"class Domain: pass\nclass Default:\n    async def email(self, message): pass\n"
OBJECT = {"name": "DOMAINS", "type": "durable_object_namespace", "class_name": "Domain"}
V1 = {"new_tag": "v1", "steps": [{"new_sqlite_classes": ["Domain"]}]}


def client(standin):
    """Return a client that does not wait."""
    return Cloudflare(TOKEN, transport=standin.transport, sleep=lambda _seconds: None)


def put(standin, *bindings, code=CODE, name=NAME, **metadata):
    """Upload a Worker as wrangler does; return the status and the code of an error."""
    metadata = {"main_module": "entry.py", "bindings": bindings, **metadata}
    files = {
        "metadata": (None, json.dumps(metadata)),
        "entry.py": ("entry.py", code, "text/x-python"),
    }
    with httpx.Client(
        transport=standin.transport, headers={"Authorization": f"Bearer {TOKEN}"}, base_url="http://x"
    ) as http:
        answer = http.put(f"/client/v4/accounts/{ACCOUNT}/workers/scripts/{name}", files=files)
    return answer.status_code, next((each["code"] for each in answer.json()["errors"]), 0)


def variable(name, text):
    """Return a plain variable."""
    return {"name": name, "type": "plain_text", "text": text}


def secret(name):
    """Return a secret as an upload brings it."""
    return {"name": name, "type": "secret_text", "text": "sEcReT"}


@pytest.fixture
def deployed():
    """Return an account with a Worker that has an object, a variable and two secrets."""
    standin = Standin(scripts=[])
    bindings = OBJECT, variable("ALERT_DETAIL", "sender"), secret("SPOOL_TOKEN"), secret("SLACK_BOT_TOKEN")
    assert put(standin, *bindings, migrations=V1) == (200, 0)
    return standin


def test_an_upload_is_what_is_deployed(deployed):
    """Its handlers, its variables, the names of its secrets and nothing of what they hold."""
    with client(deployed) as api:
        assert [(each["id"], each["handlers"]) for each in api.scripts(ACCOUNT)] == [(NAME, ["email"])]
        assert sorted(api.script_secrets(ACCOUNT, NAME)) == ["SLACK_BOT_TOKEN", "SPOOL_TOKEN"]
        settings = api.script_settings(ACCOUNT, NAME)
    assert variable("ALERT_DETAIL", "sender") in settings["bindings"]
    assert settings["migration_tag"] == "v1"
    assert "sEcReT" not in json.dumps(settings)


@pytest.mark.parametrize(
    ("kinds", "left"),
    [
        ([], {"DOMAINS"}),
        (["secret_text"], {"DOMAINS", "SPOOL_TOKEN", "SLACK_BOT_TOKEN"}),
        (["plain_text", "json"], {"DOMAINS", "ALERT_DETAIL"}),
    ],
)
def test_what_an_upload_does_not_keep_is_gone(deployed, kinds, left):
    """Secrets by their own kind, variables by theirs."""
    assert put(deployed, OBJECT, keep_bindings=kinds) == (200, 0)
    assert deployed.deployed[NAME].bindings.keys() == left


@pytest.mark.parametrize(
    ("bindings", "metadata", "code"),
    [
        ([OBJECT], {}, (400, 10061)),
        ([OBJECT], {"migrations": {**V1, "old_tag": "v0"}}, (412, 10079)),
        ([], {"migrations": {"new_tag": "v1", "steps": [{"new_classes": ["Domain"]}]}}, (403, 10097)),
        ([], {"code": b"class Default(:"}, (400, 10021)),
    ],
)
def test_an_upload_that_is_refused_leaves_no_worker(bindings, metadata, code):
    """As Cloudflare has been seen to refuse it."""
    standin = Standin(scripts=[])
    assert put(standin, *bindings, **metadata) == code
    assert (standin.scripts, standin.deployed) == ([], {})


def test_a_class_that_has_objects_can_not_be_left_out(deployed):
    """Nor can the same migration be made twice."""
    assert put(deployed, code=b"class Default: pass") == (400, 10064)
    assert put(deployed, OBJECT, migrations=V1) == (412, 10079)
    assert deployed.deployed[NAME].migration_tag == "v1"


def test_a_worker_goes_with_its_objects_secrets_and_addresses(deployed):
    """What another has stays; asking for it again says that it is not there."""
    assert put(deployed, OBJECT, name="other", migrations=V1) == (200, 0)
    deployed.attach("spool.example.com")
    deployed.attach("other.example.com", "other")
    with client(deployed) as api:
        [mine] = api.namespaces(ACCOUNT, NAME)
        deployed.objects[mine["id"]] = ["example.com", "example.org"]
        assert len(api.objects(ACCOUNT, mine["id"])) == 2
        api.delete_script(ACCOUNT, NAME)
        assert [each["id"] for each in api.scripts(ACCOUNT)] == ["other"]
        assert api.namespaces(ACCOUNT, NAME) == []
        assert len(api.namespaces(ACCOUNT, "other")) == 1
        assert api.custom_domains(ACCOUNT, NAME) == []
        assert api.custom_domains(ACCOUNT, "other") == ["other.example.com"]
        with pytest.raises(errors.WorkerNotFound):
            api.delete_script(ACCOUNT, NAME)


def test_a_secret_is_deleted_alone(deployed):
    """One that is not there is said to be gone."""
    with client(deployed) as api:
        api.delete_secret(ACCOUNT, NAME, "SPOOL_TOKEN")
        assert api.script_secrets(ACCOUNT, NAME) == ["SLACK_BOT_TOKEN"]
        with pytest.raises(errors.NotFound):
            api.delete_secret(ACCOUNT, NAME, "SPOOL_TOKEN")
    assert "ALERT_DETAIL" in deployed.deployed[NAME].bindings


def test_a_domain_is_detached_from_this_worker_alone(deployed):
    """And one that leads elsewhere, or nowhere, is left alone."""
    deployed.attach("spool.example.com")
    deployed.attach("other.example.com", "other")
    with client(deployed) as api:
        for host in ("other.example.com", "gone.example.com", "spool.example.com"):
            api.detach_domain(ACCOUNT, NAME, host)
    assert [each["hostname"] for each in deployed.domains] == ["other.example.com"]


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.delete_script(ACCOUNT, NAME),
        lambda api: api.delete_secret(ACCOUNT, NAME, "SPOOL_TOKEN"),
        lambda api: api.detach_domain(ACCOUNT, NAME, "spool.example.com"),
    ],
)
def test_what_takes_away_names_the_permission_that_is_missing(deployed, call):
    """And which commands need it."""
    deployed.attach("spool.example.com")
    deployed.lacking = {"Account > Workers Scripts > Edit"}
    with client(deployed) as api, pytest.raises(errors.PermissionMissing) as caught:
        call(api)
    assert "Account > Workers Scripts > Edit" in caught.value.fix
    assert caught.value.fix.endswith("deploy and uninstall need it.")


@pytest.mark.parametrize("kind", ["lost before", "lost after", "500", "429"])
def test_a_deletion_whose_answer_is_lost_is_tried_again(deployed, kind):
    """The second time may find it gone, which whoever deletes has to expect."""
    deployed.fault = fault_at(len(deployed.requests) + 1, kind)
    with client(deployed) as api:
        if kind == "lost after":
            with pytest.raises(errors.WorkerNotFound):
                api.delete_script(ACCOUNT, NAME)
        else:
            api.delete_script(ACCOUNT, NAME)
    assert deployed.scripts == []


def test_another_process_reaches_the_stand_in_over_a_socket():
    """With all its faults: what is lost there is a connection that breaks here."""
    standin = Standin()
    with (
        serving(standin) as environment,
        Cloudflare.from_env(environment, sleep=lambda _seconds: None) as api,
    ):
        assert api.script_settings(environment["CLOUDFLARE_ACCOUNT_ID"], NAME)["bindings"]
        standin.fault = fault_at(2, "lost after")
        with pytest.raises(errors.Uncertain):
            api.add_address(ACCOUNT, "anna@example.net")
    assert [each["email"] for each in standin.addresses] == ["anna@example.net"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(environment["CLOUDFLARE_API_BASE_URL"], trust_env=False)


def test_a_server_that_is_forgotten_ends_by_itself():
    """So no run of the tests is kept by one."""
    with serving(Standin(), seconds=0.0):
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join(10)
                assert not thread.is_alive()


def test_what_the_stand_in_takes_for_wrong_use_fails_the_test():
    """The client alone can't see it, and may carry on."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    body = {"versions": [{"version_id": "none", "percentage": 50}]}
    path = f"accounts/{ACCOUNT}/workers/scripts/{NAME}/deployments"

    def misuse(environment):
        url = f"{environment['CLOUDFLARE_API_BASE_URL']}/{path}"
        httpx.post(url, json=body, headers=headers, trust_env=False)

    server = serving(Standin())
    with pytest.raises(httpx.RemoteProtocolError):
        misuse(server.__enter__())
    with pytest.raises(AssertionError):
        server.__exit__(None, None, None)
