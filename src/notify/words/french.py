"""What is said in French.

The owner is "vous", the primary "votre serveur", the edge "Cloudflare", an inbox "boîte", an alert "alerte",
an outage "panne", a drill "exercice"; a message is "recueilli", "transféré", "conservé", "différé".
"""

_TEXTS: dict[str, str | tuple[str, str]] = {
    # --- what a fact is called ---
    "for": "Pour",
    "from": "De",
    "envelope_sender": "Expéditeur d'enveloppe",
    "subject": "Objet",
    "list": "Liste",
    "attachments": "Pièces jointes",
    "sent": "Envoyé",
    "size": "Taille",
    "checks_by_the_edge": "Vérifié par Cloudflare",
    "checks": "Vérifications",
    "forwarded_to": "Transféré à",
    "not_accepted_by": "Non accepté par",
    "more_inboxes": "Et aussi",
    "not_kept": "Non conservé",
    "more_settings": "Et aussi",
    "domain": "Domaine",
    "your_server": "Votre serveur",
    "it_began_with": "Au début",
    "since": "Depuis",
    "began": "Début",
    "last_message": "Dernier message",
    "caught": "Recueillis",
    "forwarded": "Transférés",
    "waiting_with_their_senders": "En attente chez leurs expéditeurs",
    "held_in_the_spool": "Conservés dans le spool",
    "home_again": "Rentrés chez vous",
    "refused_by_your_server": "Refusés par votre serveur",
    "refused_by_block": "Refusés par BLOCK",
    "came_back_from_an_inbox": "Renvoyés par une boîte",
    "muted": "En sourdine",
    "waiting": "En attente",
    "so_many_from": "{count} de",
    "so_many_more_from": "{count} de plus de",
    "no_answer_from": "Pas de réponse de",
    "answers": "Répond",
    "deferred": "Différés",
    "in_the_spool": "Dans le spool",
    "room": "Place",
    "dropped": "Supprimés",
    "never_told_here": "Jamais annoncé ici",
    "never_told_elsewhere": "Jamais annoncé ailleurs",
    # --- what became of a message ---
    "headline_forwarded": "Message recueilli et transféré",
    "headline_held": "Aucune boîte n'a pris un message : il est conservé",
    "headline_unreported": "Message recueilli, mais son transfert est resté sans compte rendu",
    "headline_returned": "Un message transféré est revenu",
    "headline_deferred": "Un message n'a pas pu être transmis",
    "headline_misconfigured": "Du courrier attend : les réglages sont à corriger",
    "headline_unheard": "Des alertes attendent : les réglages sont à corriger",
    "headline_drill": "{headline} (un exercice, à l'en croire)",
    "advice_check": (
        "Son expéditeur n'a pas pu le remettre à votre propre serveur, ou a contourné celui-ci, comme le "
        "fait le spam. Si le serveur est censé tourner, allez voir."
    ),
    "advice_retry": (
        "L'expéditeur réessaiera : la plupart pendant des jours, mais certains abandonnent aussitôt."
    ),
    "advice_held": (
        "Il a été accepté et reste conservé pendant {days} : faites-le rentrer avec `mail-failover replay` "
        "quand votre serveur sera rétabli."
    ),
    "advice_held_too_late": (
        "Son expéditeur réessaiera, mais une copie reste conservée pendant {days} : faites-la rentrer avec "
        "`mail-failover replay` quand votre serveur sera rétabli."
    ),
    "advice_unreported": (
        "Le Worker s'est arrêté en cours de route : une boîte l'a peut-être, ou son expéditeur réessaiera. "
        "Une copie reste conservée pendant {days} : faites-la rentrer avec `mail-failover replay`. Si vous "
        "le connaissez déjà, c'est le même message."
    ),
    "advice_returned": (
        "Il avait déjà été transféré et il est revenu pour le même destinataire : accepté, mais pas renvoyé "
        "une fois de plus. Une boîte redirige son courrier vers votre domaine : supprimez cette règle."
    ),
    "advice_returned_copy": "Une copie est dans le spool : faites-la rentrer avec `mail-failover replay`.",
    "advice_returned_gone": (
        "Si la boîte ne garde pas de copie de ce qu'elle redirige, ce message est perdu."
    ),
    "advice_drill": (
        "Si vous avez lancé cet exercice, il montre que les alertes arrivent. "
        "Sinon, c'est un message comme un autre."
    ),
    "advice_settings_wait": (
        "D'ici là, le courrier de ce destinataire n'est pas transféré : les expéditeurs le gardent et "
        "réessaient."
    ),
    "advice_unheard": (
        "Le courrier est transféré malgré tout. "
        "Ce qui attend sera annoncé, une fois ceci corrigé, à ceux à qui cela s'adresse."
    ),
    "advice_settings": (
        "Ces réglages sont à corriger : dans .dev.vars ou wrangler.toml, puis : mail-failover deploy."
    ),
    # --- why an inbox has no message, and what to do ---
    "outcome_misconfigured": "mal configurée",
    "outcome_permanent": "définitif",
    "outcome_temporary": "temporaire",
    "outcome_no_answer": "pas de réponse en {reason} ; le message peut encore y arriver",
    "advice_misconfigured": (
        "Une boîte n'est pas prête : dans le tableau de bord de Cloudflare, sous Email Routing, Destination "
        "addresses, ajoutez-la ou cliquez sur le lien de son message de vérification."
    ),
    "advice_permanent": (
        "Une boîte a refusé le message : vérifiez qu'elle existe et qu'elle a de la place, et ajoutez-en une "
        "autre chez un autre fournisseur, car certains bloquent les adresses de Cloudflare."
    ),
    "advice_temporary": "Une boîte n'a pas pu prendre le message pour l'instant.",
    "advice_no_answer": (
        "Une boîte n'a pas répondu à temps ; elle peut encore recevoir le message, alors peut-être en double."
    ),
    "advice_no_inbox": (
        "Aucune boîte n'est prévue pour ce destinataire : ajoutez-en une à FALLBACK_INBOXES ou ROUTES."
    ),
    # --- why there is no copy of a message ---
    "unkept_off": "le spool est désactivé",
    "unkept_full": "le spool est plein",
    "unkept_late": "le spool est arrivé trop tard",
    "unkept_unanswered": "le spool n'a pas répondu",
    "unkept_limited": "les lignes que l'offre accorde par jour sont épuisées",
    "unkept_cut": "il s'est interrompu en route vers le spool ({why})",
    "unkept_short": "une partie seulement est arrivée au spool ({why} octets)",
    "unkept_unsealed": "il n'a pas pu être chiffré pour SPOOL_KEY ({why})",
    # --- what a fact says ---
    "no_recipient": "(aucun destinataire)",
    "no_sender": "(aucun expéditeur)",
    "no_subject": "(aucun)",
    "unknown": "(inconnu)",
    "unreadable": "(illisible)",
    "bounce": "aucun : c'est un avis de non-remise ou un message automatique",
    "and_other_senders": " ; et d'autres expéditeurs",
    "via": " via {domain}",
    "perhaps_more": "{files} ; peut-être d'autres",
    "unnamed": "{type} sans nom",
    "no_checks": "aucune vérification",
    "claimed_checks": "déclaré, peut-être par l'expéditeur : {checks}",
    "check_for": "{verdict} pour {domain}",
    "had_it_already": "{inbox} (avait déjà le message)",
    "other_inboxes": ("{count} autre boîte", "{count} autres boîtes"),
    "more": "{count} de plus",
    "others": "autres expéditeurs",
    "among_others": "autres",
    "messages": ("{count} message", "{count} messages"),
    "days": ("{count} jour", "{count} jours"),
    "came_again": (
        "{messages}, plus {count} nouvelle tentative",
        "{messages}, plus {count} nouvelles tentatives",
    ),
    "forwarded_where": "{count}, à {inboxes}",
    "so_many_of": "{count} sur {all}",
    "dropped_after": "{messages}, {days} après réception",
    "given_up": ("{count} alerte antérieure, abandonnée", "{count} alertes antérieures, abandonnées"),
    "megabytes": "{size} Mo",
    "kilobytes": "{size} ko",
    "bytes": ("{count} o", "{count} o"),
    "decimal_sign": ",",
    # --- the primary ---
    "server_silent": "{servers} : pas de réponse",
    "server_unasked": "{servers} : n'a pas pu être interrogé ({trouble})",
    "server_back": "{server} répond de nouveau",
    "server_answers": (
        "{server} répond : peut-être que seul cet expéditeur n'a pas pu le joindre, ou c'est du spam, qui "
        "vise le dernier MX"
    ),
    "server_since": "{server} répond, au plus tard depuis {moment}",
    "server_answered": "{server} répondait",
    "and": "{one} et {other}",
    # --- an outage ---
    "headline_first": ("{count} message recueilli", "{count} messages recueillis"),
    "headline_over": ("Terminé : {count} message recueilli", "Terminé : {count} messages recueillis"),
    "headline_batch": "{count} autres messages recueillis",
    "headline_day": (
        "Du courrier est recueilli depuis {count} jour",
        "Du courrier est recueilli depuis {count} jours",
    ),
    "headline_quiet": (
        "Aucun courrier recueilli depuis {count} heure",
        "Aucun courrier recueilli depuis {count} heures",
    ),
    "headline_back": "Votre serveur répond de nouveau",
    "headline_answers": "Votre serveur répond",
    "headline_home": ("{count} message sur {all} est rentré", "{count} messages sur {all} sont rentrés"),
    "headline_home_kept": (
        "{count} message conservé sur {all} est rentré",
        "{count} messages conservés sur {all} sont rentrés",
    ),
    "headline_silent": "Votre serveur ne répond pas",
    "headline_deferrals": "Des messages ont été différés pendant que votre serveur répondait",
    "advice_waiting": (
        "Leurs expéditeurs les gardent et réessaient : la plupart pendant des jours, mais certains "
        "abandonnent aussitôt."
    ),
    "advice_quiet": (
        "Cette panne est donc considérée comme terminée. Cela ne prouve pas que votre serveur est rétabli : "
        "peut-être que personne n'a écrit."
    ),
    "advice_quiet_unwatched": (
        "Cette panne est donc considérée comme terminée. Cela ne prouve pas que votre serveur est rétabli : "
        "peut-être que personne n'a écrit. Voyez s'il répond."
    ),
    "advice_silent": "Aucun courrier n'a encore été recueilli.",
    "advice_deferrals": (
        "Les expéditeurs ont été invités à réessayer ; ce qui est revenu a été transféré et annoncé. Le spam "
        "revient rarement."
    ),
    # --- the spool ---
    "headline_nearly_full": "Le spool est presque plein",
    "headline_full": "Le spool est plein",
    "headline_expired": "Le spool a supprimé du courrier jamais récupéré",
    "advice_refused": "Le courrier refusé reste dans le spool : mail-failover spool list.",
    "advice_room": (
        "Faites rentrer le courrier avec `mail-failover replay`, ou prenez des copies avec "
        "`mail-failover spool export`, puis supprimez-le. Ou donnez-lui plus de place : SPOOL_MB."
    ),
    "advice_full": (
        "Ce qu'une boîte a pris s'y trouve ; ce qu'aucune n'a pris est chez son expéditeur, qui réessaie."
    ),
    "advice_expired": (
        "Votre serveur ne les a jamais pris. Pendant 30 jours, quiconque peut déployer le Worker peut encore "
        "les restaurer : docs/replay.md. Pour garder le courrier plus longtemps : SPOOL_DAYS."
    ),
    # --- an alert ---
    "headline_test": "Alerte d'essai : ce chat fonctionne",
    "advice_test": "Rien n'a été recueilli. Ceci vient de `{sender}`.",
    "repeated": "Peut-être un doublon : une tentative précédente est restée sans réponse.",
}


def _bound(text: str) -> str:
    """Bind the signs that French sets apart to the word before them, so that no line begins with one."""
    return text.replace(" :", "\u00a0:").replace(" ;", "\u00a0;")


FRENCH = {
    key: (_bound(text[0]), _bound(text[1])) if isinstance(text, tuple) else _bound(text)
    for key, text in _TEXTS.items()
}
