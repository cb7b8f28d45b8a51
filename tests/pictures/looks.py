"""How each service looks, near enough to be known by: whose message it is, its frame, its colours."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pictures.frames import bubble, card, post, tile
from pictures.svg import Theme


@dataclass(frozen=True, slots=True)
class Look:
    """One service's."""

    author: str
    frame: Callable
    light: Theme
    dark: Theme


CHAT = Theme("#e8eef3", "#ffffff", "#d3dde5", "#16202a", "#23598c", "#1273b5", "#7b8a97", "#2f83c4")
NIGHT = Theme("#0f1720", "#1b2836", "#26384a", "#e9eff5", "#9ecbf5", "#5fb2f2", "#8296a8", "#2a6da3")
PAGE = Theme("#ffffff", "#ffffff", "#dfe1e5", "#1d1d20", "#b3224d", "#1d1d20", "#6d7078", "#5b3d78")
DUSK = Theme("#1c1e22", "#1c1e22", "#3a3e46", "#e3e5e8", "#f08ba6", "#f4f5f6", "#9a9ea6", "#77579a")

LOOKS = {
    "telegram": Look("mail_failover_bot", bubble, CHAT, NIGHT),
    "slack": Look("mail-failover", tile, PAGE, DUSK),
    "discord": Look(
        "mail-failover",
        post,
        replace(PAGE, code="#3c4270", face="#5561d8"),
        replace(DUSK, panel="#2f3136", code="#c9cdfb", face="#5561d8"),
    ),
    "matrix": Look(
        "mail-failover",
        post,
        replace(PAGE, code="#3d4a57", name="#0a7a5f", face="#0f8a6c"),
        replace(DUSK, panel="#15191e", code="#c4d0da", name="#3fcaa6", face="#0f7a60"),
    ),
    "mattermost": Look(
        "mail-failover",
        post,
        replace(PAGE, code="#3f4350", face="#2b57c0"),
        replace(DUSK, panel="#1e222d", code="#c5cad6", face="#3a66cf"),
    ),
    "ntfy": Look("ntfy.sh/mytopic", card, replace(CHAT, face="#33857a"), replace(NIGHT, face="#2f7a70")),
    "gotify": Look("mail-failover", card, replace(CHAT, face="#4a78a8"), replace(NIGHT, face="#41699a")),
    "webhook": Look("POST https://webhook.example.org/alerts", card, CHAT, NIGHT),
    "pushover": Look("mail-failover", card, replace(CHAT, face="#2b7fd0"), replace(NIGHT, face="#2a6fb5")),
}
"""By the service's name."""
