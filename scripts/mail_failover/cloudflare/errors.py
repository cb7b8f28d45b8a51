"""What can go wrong at Cloudflare's API, by meaning.

    ApiError
    +-- NoToken             no token was given
    +-- TokenRejected       the token is wrong, expired or of a kind that can't be used
    |   +-- AccountToken    the token belongs to an account, and Email Routing takes only users'
    +-- PermissionMissing   the token is good, but may not do this
    +-- ZoneNotFound        the token sees no such zone
    +-- ZonePending         the zone's name servers are not Cloudflare's yet
    +-- ZoneUnfit           the zone is of a type that has no Email Routing
    +-- RecordsLocked       Email Routing guards the record
    +-- InboxUnverified     nobody clicked the link in the verification mail
    +-- WorkerNotFound      the account has no such Worker, or had none a moment ago
    +-- ForeignMx           Email Routing is not switched on beside MX of other servers
    +-- AlreadyExists       what was to be created is there
    +-- NotFound            what was asked for is gone
    +-- Invalid             Cloudflare does not accept what was sent
    +-- Unreachable         the request never left: nothing has changed
    +-- Uncertain           the answer was lost: the change may or may not have happened
        +-- NotUnderstood   what came as an answer is none that we know
        +-- RateLimited     Cloudflare asks to slow down, and refused
        +-- ServerFailure   Cloudflare failed

The codes are Cloudflare's; most are known from reports only, so the HTTP status decides where a code is new.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .rows import SCRIPTS_EDIT

TOKENS_PAGE = "https://dash.cloudflare.com/profile/api-tokens"


class ApiError(Exception):
    """A call failed: `what` happened and the `fix`, one line each; `code` is Cloudflare's, `status` HTTP's.

    `retry_after`: seconds that Cloudflare asks to wait, or 0.
    """

    def __init__(self, what: str, fix: str, *, status: int = 0, code: int = 0) -> None:
        super().__init__(what, fix)
        self.what = what
        self.fix = fix
        self.status = status
        self.code = code
        self.retry_after = 0.0

    def __str__(self) -> str:
        return f"{self.what} {self.fix}"


class NoToken(ApiError):
    """No token was given."""


class TokenRejected(ApiError):
    """The token is wrong, expired or of a kind that can't be used."""


class AccountToken(TokenRejected):
    """The token belongs to an account, and Email Routing takes only users'."""


class PermissionMissing(ApiError):
    """The token is good, but may not do this."""


class ZoneNotFound(ApiError):
    """The token sees no such zone."""


class ZonePending(ApiError):
    """The zone's name servers are not Cloudflare's yet."""


class ZoneUnfit(ApiError):
    """The zone is of a type that has no Email Routing."""


class RecordsLocked(ApiError):
    """Email Routing guards the record."""


class InboxUnverified(ApiError):
    """Nobody clicked the link in the verification mail."""


class WorkerNotFound(ApiError):
    """The account has no such Worker, or had none a moment ago."""


class ForeignMx(ApiError):
    """Email Routing is not switched on beside MX of other servers."""


class AlreadyExists(ApiError):
    """What was to be created is there."""


class NotFound(ApiError):
    """What was asked for is gone."""


class Invalid(ApiError):
    """Cloudflare does not accept what was sent."""


class Unreachable(ApiError):
    """The request never left: nothing has changed."""


class Uncertain(ApiError):
    """The answer was lost: the change may or may not have happened."""


class NotUnderstood(Uncertain):
    """What came as an answer is none that we know."""


class RateLimited(Uncertain):
    """Cloudflare asks to slow down, and refused."""


class ServerFailure(Uncertain):
    """Cloudflare failed."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what it does, as in "read the DNS records", and the permission group that it takes.

    `permission` is written as the dashboard writes it: "Zone > DNS > Read".
    """

    method: str
    path: str
    does: str
    permission: str = ""


AUTH_CODES = frozenset({1000, 6003, 6111, 9106, 9109, 10000})
_BAD_TOKEN = frozenset({1000, 6003, 6111})
_MEANINGS: Mapping[int, type[ApiError]] = {
    2008: Invalid,
    2009: ZonePending,
    2013: ForeignMx,
    2014: AlreadyExists,
    2016: WorkerNotFound,
    2054: InboxUnverified,
    10007: WorkerNotFound,
    10090: WorkerNotFound,
    81044: NotFound,
    81057: AlreadyExists,
    81058: AlreadyExists,
    1046: RecordsLocked,
    890190: RecordsLocked,
}
_FIXES: Mapping[type[ApiError], str] = {
    ZonePending: "Set the name servers that Cloudflare gave you at your registrar; then run this again.",
    RecordsLocked: "Email Routing guards these records: unlock them in the dashboard, then run this again.",
    InboxUnverified: "Click the link in the mail that Cloudflare sent there; then run this again.",
    WorkerNotFound: "Upload that Worker again, or name another one.",
    ForeignMx: (
        "It does not go on while the MX of your own server are there, so running this again does not help."
        " Take back what is changed; or, in the dashboard, remove your own MX for a moment, switch Email"
        " Routing on, unlock its records, add your MX again with a lower number than its own. Until it is on,"
        " mail goes to the domain's own A or AAAA record, or bounces if there is none; then all of it goes to"
        " the edge until your MX is back."
    ),
    AlreadyExists: "Run this again: it reads first and changes only what differs.",
    NotFound: "Somebody removed it meanwhile; run this again.",
    Invalid: "Mend what it names; then run this again: it reads first how the zone is now.",
    NotUnderstood: "Check where CLOUDFLARE_API_BASE_URL leads, if you set it; then run this again.",
    RateLimited: "Wait five minutes; then run this again: it goes on where it stopped.",
    ServerFailure: "See https://www.cloudflarestatus.com; then run this again: it goes on where it stopped.",
}


def error_from(call: Call, status: int, errors: Sequence[tuple[int, str]]) -> ApiError:
    """Give an unsuccessful answer its meaning; the token and its permissions are not this one's business.

    `errors` are Cloudflare's codes, 0 where there is none, and messages.
    """
    codes = [code for code, _ in errors if code]
    kind = next((_MEANINGS[code] for code in codes if code in _MEANINGS), None) or _by_status(status)
    said = "; ".join(clean(message) for _, message in errors) or "no reason given"
    code = next((code for code in codes if code in _MEANINGS), codes[0] if codes else 0)
    what = f"Cloudflare would not {call.does}: {said} (HTTP {status}{f', code {code}' if code else ''})."
    return kind(what, _FIXES[kind], status=status, code=code)


def not_understood(call: Call) -> NotUnderstood:
    """Say that an answer does not hold what such a call is answered with."""
    what = f"Cloudflare's answer was not understood when it was asked to {call.does}."
    return NotUnderstood(what, _FIXES[NotUnderstood])


def is_auth_failure(status: int, codes: Collection[int]) -> bool:
    """Tell whether an answer is about the token or what it may do."""
    known = not _MEANINGS.keys().isdisjoint(codes)
    return not _BAD_TOKEN.isdisjoint(codes) or (status in {401, 403} and not known)


def of_account(call: Call, *, status: int = 0, code: int = 0) -> AccountToken:
    """Say that Email Routing refused the token of an account."""
    return AccountToken(
        f"Cloudflare refused to {call.does}: the token in CLOUDFLARE_API_TOKEN is an account's (cfat_…), and"
        " Email Routing does not take such tokens.",
        f"Make a user token at {TOKENS_PAGE} and set CLOUDFLARE_API_TOKEN to it.",
        status=status,
        code=code,
    )


def rejected(state: str, *, status: int = 0, code: int = 0) -> TokenRejected:
    """Say that the token can't be used; `state` is what the token check said, if anything."""
    if state in {"expired", "disabled"}:
        return TokenRejected(
            f"The token in CLOUDFLARE_API_TOKEN is {state}.",
            f"Make a new one at {TOKENS_PAGE} and set CLOUDFLARE_API_TOKEN to it.",
            status=status,
            code=code,
        )
    return TokenRejected(
        "Cloudflare does not know the token in CLOUDFLARE_API_TOKEN.",
        f"Copy it again, or make a new one at {TOKENS_PAGE}; it must be a user token, not an account's.",
        status=status,
        code=code,
    )


def forbidden(call: Call, *, said: str = "", status: int = 0, code: int = 0) -> PermissionMissing:
    """Say which permission the token lacks, which commands need it, and what Cloudflare `said`."""
    commands = (
        "setup apply and setup undo need" if call.permission.endswith("Edit") else "every command needs"
    )
    if call.permission == SCRIPTS_EDIT:
        commands = "deploy and uninstall need"
    return PermissionMissing(
        f"The token may not {call.does}{f' (Cloudflare says: {clean(said)})' if said else ''}.",
        f"Add the permission {call.permission} to it at {TOKENS_PAGE}; {commands} it.",
        status=status,
        code=code,
    )


def clean(text: object) -> str:
    """Make a text from outside fit for one line of ours."""
    return "".join(c if c.isprintable() else " " for c in str(text)).strip().rstrip(".")[:300]


def _by_status(status: int) -> type[ApiError]:
    if status == 429:
        return RateLimited
    if status >= 500 or status < 400:
        return ServerFailure
    return NotFound if status == 404 else Invalid
