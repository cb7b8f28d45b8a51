"""Cloudflare's API as typed calls: the Workers of an account, their addresses, secrets and objects.

Source: https://developers.cloudflare.com/api/resources/workers/ and …/durable_objects/
"""

from . import answers
from .answers import Json, Test
from .api import Api
from .errors import Call, NotFound, WorkerNotFound
from .rows import SCRIPTS_EDIT, SCRIPTS_READ

_ATTACHED = answers.shaped(hostname=answers.text, service=answers.maybe(answers.text))
_BY_ID = answers.shaped(id=answers.identifier, hostname=answers.text)
_NAMESPACE = answers.shaped(id=answers.identifier, script=answers.maybe(answers.text))
_OBJECT = answers.shaped(id=answers.text)


class Workers(Api):
    """The calls. Every one raises ApiError by meaning; those that change nothing say "Return"."""

    def scripts(self, account_id: str) -> list[Json]:
        """Return the Workers: `id` is the name, `handlers` what each answers to."""
        call = Call("GET", f"{_of(account_id)}/scripts", "list the Workers", SCRIPTS_READ)
        return self.items(call, answers.script)

    def script_settings(self, account_id: str, name: str) -> Json:
        """Return how a Worker is deployed: `bindings`, `compatibility_date`, `compatibility_flags`, and more.

        A variable's binding has its value as `text` or `json`; a secret's has its name alone.
        """
        path = f"{_of(account_id)}/scripts/{name}/settings"
        call = Call("GET", path, f"read how the Worker {name} is deployed", SCRIPTS_READ)
        return self.object(call, answers.deployed)

    def delete_script(self, account_id: str, name: str) -> None:
        """Remove a Worker, with its secrets, its objects and whatever these hold; nothing brings it back.

        Rules that hand mail to it stay, and that mail fails. `force` is said because it has objects.
        Source: https://developers.cloudflare.com/api/resources/workers/subresources/scripts/methods/delete/
        """
        call = Call("DELETE", f"{_of(account_id)}/scripts/{name}", f"delete the Worker {name}", SCRIPTS_EDIT)
        self.done(call, params={"force": "true"})

    # --- its secrets ---

    def script_secrets(self, account_id: str, name: str) -> list[str]:
        """Return the names of a Worker's secrets."""
        path = f"{_of(account_id)}/scripts/{name}/secrets"
        call = Call("GET", path, f"list the secrets of the Worker {name}", SCRIPTS_READ)
        return [str(secret["name"]) for secret in self.items(call, answers.secret)]

    def delete_secret(self, account_id: str, name: str, secret: str) -> None:
        """Remove one of a Worker's secrets; the Worker runs without it at once."""
        path = f"{_of(account_id)}/scripts/{name}/secrets/{secret}"
        self.done(Call("DELETE", path, f"delete the secret {secret} of the Worker {name}", SCRIPTS_EDIT))

    # --- its addresses ---

    def subdomain(self, account_id: str) -> str:
        """Return the account's name under workers.dev, empty if it has none yet."""
        path = f"{_of(account_id)}/subdomain"
        call = Call("GET", path, "read the account's workers.dev subdomain", SCRIPTS_READ)
        try:
            found = self.object(call, answers.shaped(subdomain=answers.maybe(answers.text)))
            return str(found.get("subdomain") or "")
        except (WorkerNotFound, NotFound):
            return ""

    def on_workers_dev(self, account_id: str, name: str) -> bool:
        """Return whether a Worker, as it is deployed, has an address under workers.dev."""
        path = f"{_of(account_id)}/scripts/{name}/subdomain"
        call = Call("GET", path, f"read whether the Worker {name} is on workers.dev", SCRIPTS_READ)
        return bool(self.object(call, answers.shaped(enabled=answers.flag))["enabled"])

    def custom_domains(self, account_id: str, name: str) -> list[str]:
        """Return the names of the owner's that lead to a Worker, as it is deployed.

        A deploy adds those that are new to its configuration; without any there it takes none away.
        """
        return [_host(each) for each in self._attached(account_id, name, _ATTACHED)]

    def detach_domain(self, account_id: str, name: str, host: str) -> None:
        """Let a name of the owner's lead to the Worker no more; one that does not is left alone.

        Source: https://developers.cloudflare.com/api/resources/workers/subresources/domains/methods/delete/
        """
        for each in self._attached(account_id, name, _BY_ID):
            if _host(each) == host:
                path = f"{_of(account_id)}/domains/{each['id']}"
                self.done(Call("DELETE", path, f"detach {host} from the Worker {name}", SCRIPTS_EDIT))

    # --- its objects ---

    def namespaces(self, account_id: str, name: str) -> list[Json]:
        """Return what holds a Worker's objects: `id`, `class`, `script`; one for each class."""
        path = f"{_of(account_id)}/durable_objects/namespaces"
        call = Call("GET", path, "list the namespaces of Durable Objects", SCRIPTS_READ)
        return [each for each in self.pages(call, 100, _NAMESPACE) if each.get("script") == name]

    def objects(self, account_id: str, namespace_id: str) -> list[Json]:
        """Return the objects of a namespace, one for each domain: `id`, `hasStoredData`; the first thousand.

        Which domain one is for, its id does not say.
        """
        path = f"{_of(account_id)}/durable_objects/namespaces/{namespace_id}/objects"
        return self.items(Call("GET", path, "list the Durable Objects", SCRIPTS_READ), _OBJECT)

    def _attached(self, account_id: str, name: str, test: Test) -> list[Json]:
        path = f"{_of(account_id)}/domains"
        call = Call("GET", path, f"list the custom domains of the Worker {name}", SCRIPTS_READ)
        found = self.items(call, test, {"service": name})
        return [each for each in found if each.get("service", name) == name]


def _host(attached: Json) -> str:
    return str(attached["hostname"]).lower()


def _of(account_id: str) -> str:
    return f"/accounts/{account_id}/workers"
