"""The Workers of a stand-in account: uploaded, asked for, taken away; by wrangler, and by our own calls.

Learnt from wrangler 4.164 at work and its source (`deploy-helpers/src/deploy/deploy.ts`, and beside it):

* a new Worker, or a migration, is one PUT; any later upload is a version (POST), then a deployment of it,
  then its settings (PATCH): only a deployed version is what runs;
* `keep_bindings` names the kinds of bindings that stay if they are not sent: wrangler always names secrets,
  and plain variables where `keep_vars` is set; what is neither sent nor kept is gone;
* a Worker that is not there: 10007, asked for as a service 10090, all as 404;
* each deploy says whether the Worker is on workers.dev, and says of custom domains only if there are some:
  one that is no longer in the configuration stays;
* a list or a table among the variables is sent as JSON (`binding-utils.ts`).

From the API reference (Workers, Durable Objects): the settings hide what secrets hold; `force` deletes a
Worker with its objects; namespaces and objects are listed; a domain of the owner's is detached by its id.

From reports of what Cloudflare answers: a class of objects without its migration (10061); on the free plan
only `new_sqlite_classes` (403/10097); a migration that begins at another tag than the last one (412/10079); a
code without a class that has objects (10064); a secret changed while the last version is not deployed (10215,
which wrangler explains).

Our guess: a Worker with objects is deleted only by `force` (10064); its custom domains go with it; whether
Python starts is known by its syntax alone (10021); how ids look.
"""

import uuid

from standins.envelope import Refusal, ok, page
from standins.upload import SECRETS, Upload, inherited, read_upload

ACCOUNT = "account-1"
_WORKERS = f"/accounts/{ACCOUNT}/workers"
_SCRIPT = f"{_WORKERS}/scripts/([^/]+)"
_ABSENT = "This Worker does not exist on your account."


class Deployed:
    """A Worker: its `versions`, of which `live` runs; its classes of objects, and their last migration."""

    def __init__(self):
        self.versions = []
        self.live = Upload({"main_module": ""}, {})
        self.classes = {}
        self.migration_tag = ""
        self.workers_dev = {"enabled": False, "previews_enabled": False}
        self.settings = {}

    @property
    def bindings(self):
        """The bindings of what runs, by name; secrets with what they hold."""
        return {each["name"]: each for each in self.live.bindings}


class Workers:
    """The part of the account that holds Workers; `scripts` is how they are listed, `deployed` what they are.

    `objects` are the names of the domains that have an object, by the id of their namespace.
    """

    def __init__(self):
        self.scripts = [{"id": "mail-failover", "handlers": ["fetch", "email"], "tag": "t"}]
        self.deployed = {}
        self.subdomain, self.domains = "anna", []
        self.objects = {}

    def worker_routes(self):
        """Return method, path and handler of each call."""
        namespaces = f"{_WORKERS}/durable_objects/namespaces"
        return [
            ("GET", f"{_WORKERS}/scripts", lambda *_: ok(self.scripts)),
            ("GET", f"{_WORKERS}/services/([^/]+)", self._service),
            ("GET", f"{_WORKERS}/workers/([^/]+)", self._worker),
            ("PUT", _SCRIPT, self._put_script),
            ("DELETE", _SCRIPT, self._delete_script),
            ("POST", f"{_SCRIPT}/versions", self._add_version),
            ("GET", f"{_SCRIPT}/deployments", self._deployments),
            ("POST", f"{_SCRIPT}/deployments", self._deploy),
            ("PATCH", f"{_SCRIPT}/script-settings", self._change_settings),
            ("GET", f"{_SCRIPT}/settings", self._script_settings),
            ("GET", f"{_SCRIPT}/secrets", self._secrets),
            ("PUT", f"{_SCRIPT}/secrets", self._put_secret),
            ("DELETE", f"{_SCRIPT}/secrets/([^/]+)", self._delete_secret),
            ("GET", f"{_SCRIPT}/subdomain", self._on_workers_dev),
            ("POST", f"{_SCRIPT}/subdomain", self._on_workers_dev),
            ("POST", f"{_SCRIPT}/domains/changeset", self._compare_domains),
            ("PUT", f"{_SCRIPT}/domains/records", self._put_domains),
            ("GET", f"{_WORKERS}/subdomain", self._subdomain),
            ("GET", f"{_WORKERS}/domains", self._domains),
            ("DELETE", f"{_WORKERS}/domains/([^/]+)", self._detach),
            ("GET", namespaces, self._namespaces),
            ("GET", f"{namespaces}/([^/]+)/objects", self._objects),
        ]

    def upload(self, *secrets, worker="mail-failover", **variables):
        """Have a Worker deployed with these, and with nothing else."""
        kinds = [(name, "text" if isinstance(value, str) else "json") for name, value in variables.items()]
        bindings = [
            {"name": name, "type": "plain_text" if kind == "text" else "json", kind: variables[name]}
            for name, kind in kinds
        ]
        bindings += [{"name": name, "type": "secret_text", "text": "?"} for name in secrets]
        there = self.deployed[worker] = Deployed()
        there.live = Upload({"main_module": "", "compatibility_flags": []}, {}, bindings)
        there.versions.append(there.live)

    # --- uploads ---

    def _put_script(self, request, _body, name):
        sent = read_upload(request)
        there = self.deployed.get(name) or Deployed()
        classes, tag = _migrated(there, sent.metadata.get("migrations"))
        version = self._version(there, sent, classes)
        there.classes, there.migration_tag = classes, tag
        self.deployed[name] = there
        self._run(name, there, version)
        return ok({"id": name, "etag": version.id, "deployment_id": version.id, "startup_time_ms": 1})

    def _add_version(self, request, _body, name):
        there = self._there(name)
        sent = read_upload(request)
        assert "migrations" not in sent.metadata, "a version brings no migration"
        version = self._version(there, sent, there.classes)
        there.versions.append(version)
        return ok({"id": version.id, "startup_time_ms": 1, "resources": {"script": {"etag": version.id}}})

    def _version(self, there, sent, classes):
        before = there.versions[-1].bindings if there.versions else []
        bindings = inherited(sent, before)
        for each in bindings:
            if each["type"] == "durable_object_namespace" and each["class_name"] not in classes:
                words = "because it is not currently configured to implement Durable Objects."
                raise Refusal(400, 10061, f"Cannot create binding for class '{each['class_name']}' {words}")
        if lost := classes.keys() - sent.classes:
            words = "which is depended on by existing Durable Objects."
            raise Refusal(400, 10064, f"New version of script does not export class '{min(lost)}' {words}")
        return Upload(sent.metadata, sent.modules, bindings, str(uuid.UUID(int=self.random.getrandbits(128))))

    def _deploy(self, _request, body, name):
        there = self._there(name)
        [wanted] = body["versions"]
        assert wanted["percentage"] == 100
        [version] = [each for each in there.versions if each.id == wanted["version_id"]]
        self._run(name, there, version)
        return ok({"id": version.id, "versions": body["versions"]})

    def _run(self, name, there, version):
        """Let a version be what runs, and what is listed."""
        if version not in there.versions:
            there.versions.append(version)
        there.live = version
        entry = next((each for each in self.scripts if each["id"] == name), None)
        if entry is None:
            self.scripts.append(entry := {"id": name, "tag": self.new_id("t")})
        entry |= {"handlers": version.handlers, "last_deployed_from": "wrangler"}

    def _change_settings(self, _request, body, name):
        self._there(name).settings |= body
        return ok(self._there(name).settings)

    def _delete_script(self, request, _body, name):
        there = self._there(name)
        if there.classes and request.url.params.get("force") != "true":
            raise Refusal(400, 10064, "This Worker implements Durable Objects; use force to delete it.")
        for class_name in there.classes:
            self.objects.pop(namespace_id(name, class_name), None)
        del self.deployed[name]
        self.scripts = [each for each in self.scripts if each["id"] != name]
        self.domains = [each for each in self.domains if each["service"] != name]
        return ok(None)

    # --- what is deployed ---

    def _there(self, name, code=10007):
        if name not in [script["id"] for script in self.scripts]:
            raise Refusal(404, code, _ABSENT)
        if name not in self.deployed:
            self.upload(worker=name, FALLBACK_INBOXES=["anna@example.net"])
        return self.deployed[name]

    def _service(self, _request, _body, name):
        there = self._there(name, 10090)
        [entry] = [each for each in self.scripts if each["id"] == name]
        script = {**entry, **({"migration_tag": there.migration_tag} if there.migration_tag else {})}
        return ok({"id": name, "default_environment": {"environment": "production", "script": script}})

    def _worker(self, _request, _body, name):
        return ok({"id": name, "name": name, "subdomain": self._there(name).workers_dev})

    def _deployments(self, _request, _body, name):
        live = {"version_id": self._there(name).live.id, "percentage": 100}
        return ok({"deployments": [{"id": live["version_id"], "versions": [live]}]})

    def _script_settings(self, _request, _body, name):
        there = self._there(name)
        shown = []
        for each in there.live.bindings:
            hidden = {"text"} if each["type"] in SECRETS else set()
            binding = {key: value for key, value in each.items() if key not in hidden}
            if each["type"] == "durable_object_namespace":
                binding["namespace_id"] = namespace_id(name, each["class_name"])
            shown.append(binding)
        sent = there.live.metadata
        known = {key: sent[key] for key in ("compatibility_date", "compatibility_flags") if key in sent}
        tag = {"migration_tag": there.migration_tag} if there.migration_tag else {}
        return ok({"bindings": shown, **known, **tag, **there.settings})

    # --- secrets ---

    def _secrets(self, _request, _body, name):
        found = [each for each in self._there(name).live.bindings if each["type"] in SECRETS]
        return ok([{"name": each["name"], "type": each["type"]} for each in found])

    def _put_secret(self, _request, body, name):
        there = self._there(name)
        assert body.keys() == {"name", "text", "type"}
        self._rebind(there, [each for each in there.live.bindings if each["name"] != body["name"]] + [body])
        return ok({"name": body["name"], "type": body["type"]})

    def _delete_secret(self, _request, _body, name, secret):
        there = self._there(name)
        left = [each for each in there.live.bindings if each["name"] != secret or each["type"] not in SECRETS]
        if left == there.live.bindings:
            raise Refusal(404, 10056, "Binding not found.")
        self._rebind(there, left)
        return ok(None)

    def _rebind(self, there, bindings):
        if there.versions[-1] is not there.live:
            raise Refusal(400, 10215, "The latest version of this Worker isn't currently deployed.")
        there.live = Upload(there.live.metadata, there.live.modules, bindings, there.live.id)
        there.versions[-1] = there.live

    # --- addresses ---

    def _on_workers_dev(self, _request, body, name):
        there = self._there(name)
        assert body.keys() <= {"enabled", "previews_enabled"}
        there.workers_dev = {**there.workers_dev, **body}
        return ok(there.workers_dev)

    def _subdomain(self, *_):
        if not self.subdomain:
            raise Refusal(404, 10007, "workers.api.error.subdomain_not_found")
        return ok({"subdomain": self.subdomain})

    def _compare_domains(self, _request, _body, name):
        self._there(name)
        return ok({"added": [], "removed": [], "updated": [], "conflicting": []})

    def _put_domains(self, _request, body, name):
        self._there(name)
        self.domains = [each for each in self.domains if each["service"] != name]
        for origin in body["origins"]:
            self.attach(origin["hostname"], name)
        return ok(None)

    def attach(self, hostname, worker="mail-failover"):
        """Let a name of the owner's lead to a Worker."""
        self.domains.append({"id": self.new_id("d"), "hostname": hostname, "service": worker})

    def _domains(self, request, _body):
        wanted = request.url.params.get("service")
        return ok([each for each in self.domains if wanted in {None, each["service"]}])

    def _detach(self, _request, _body, identity):
        if identity not in [each["id"] for each in self.domains]:
            raise Refusal(404, 100114, "Domain not found.")
        self.domains = [each for each in self.domains if each["id"] != identity]
        return ok(None)

    # --- objects ---

    def _namespaces(self, request, _body):
        found = [
            {
                "id": namespace_id(name, class_name),
                "class": class_name,
                "name": f"{name}_{class_name}",
                "script": name,
                "use_sqlite": there.classes[class_name],
            }
            for name, there in self.deployed.items()
            for class_name in there.classes
        ]
        return page(request, found)

    def _objects(self, request, _body, identity):
        if identity not in [namespace_id(n, c) for n, there in self.deployed.items() for c in there.classes]:
            raise Refusal(404, 10066, "Durable Object namespace not found.")
        found = self.objects.get(identity, ())[: int(request.url.params.get("limit", 1000))]
        return ok(
            [{"id": str(uuid.uuid5(uuid.NAMESPACE_DNS, each)), "hasStoredData": True} for each in found]
        )


def namespace_id(name, class_name):
    """Return the id of the namespace that holds a Worker's objects of a class."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/{class_name}").hex


def _migrated(there, sent):
    """Return the classes of objects after a migration, each with whether it has SQLite, and its tag."""
    if sent is None:
        return there.classes, there.migration_tag
    if sent.get("old_tag", "") != there.migration_tag:
        words = f"got tag '{sent.get('old_tag', '')}' when expected tag is '{there.migration_tag}'"
        raise Refusal(412, 10079, f"Actor migration tag precondition failed, {words}.")
    classes = dict(there.classes)
    for step in sent["steps"]:
        assert step.keys() <= {"new_sqlite_classes", "new_classes", "deleted_classes"}
        if step.get("new_classes"):
            words = "you must create a namespace using a `new_sqlite_classes` migration."
            raise Refusal(403, 10097, f"In order to use Durable Objects with a free plan, {words}")
        classes |= dict.fromkeys(step.get("new_sqlite_classes", ()), True)
        for name in step.get("deleted_classes", ()):
            del classes[name]
    return classes, sent["new_tag"]
