"""What is said in German.

The owner is "du", the primary "dein Server", the edge "Cloudflare", an inbox "Postfach", an alert "Meldung",
an outage "Ausfall", a drill "Übung"; a message is "aufgefangen", "weitergeleitet", "aufbewahrt",
"zurückgestellt".
"""

GERMAN: dict[str, str | tuple[str, str]] = {
    # --- what a fact is called ---
    "for": "An",
    "from": "Von",
    "envelope_sender": "Absender im Umschlag",
    "subject": "Betreff",
    "list": "Liste",
    "attachments": "Anhänge",
    "sent": "Gesendet",
    "size": "Größe",
    "checks_by_the_edge": "Von Cloudflare geprüft",
    "checks": "Prüfungen",
    "forwarded_to": "Weitergeleitet an",
    "not_accepted_by": "Nicht angenommen von",
    "more_inboxes": "Dazu",
    "not_kept": "Nicht aufbewahrt",
    "more_settings": "Dazu",
    "domain": "Domain",
    "your_server": "Dein Server",
    "it_began_with": "Es begann mit",
    "since": "Seit",
    "began": "Beginn",
    "last_message": "Letzte Nachricht",
    "caught": "Aufgefangen",
    "forwarded": "Weitergeleitet",
    "waiting_with_their_senders": "Warten bei ihren Absendern",
    "held_in_the_spool": "Im Spool aufbewahrt",
    "home_again": "Wieder zu Hause",
    "refused_by_your_server": "Von deinem Server abgelehnt",
    "refused_by_block": "Von BLOCK abgelehnt",
    "came_back_from_an_inbox": "Aus einem Postfach zurückgekommen",
    "muted": "Stummgeschaltet",
    "waiting": "Wartet",
    "so_many_from": "{count} von",
    "so_many_more_from": "{count} weitere von",
    "no_answer_from": "Keine Antwort von",
    "answers": "Es antwortet",
    "deferred": "Zurückgestellt",
    "in_the_spool": "Im Spool",
    "room": "Platz",
    "dropped": "Gelöscht",
    "never_told_here": "Hier nie gemeldet",
    "never_told_elsewhere": "Anderswo nie gemeldet",
    # --- what became of a message ---
    "headline_forwarded": "Nachricht aufgefangen und weitergeleitet",
    "headline_held": "Kein Postfach nahm eine Nachricht an: Sie wird aufbewahrt",
    "headline_unreported": "Nachricht aufgefangen, aber ihre Weiterleitung blieb ohne Rückmeldung",
    "headline_returned": "Eine weitergeleitete Nachricht kam zurück",
    "headline_deferred": "Eine Nachricht ließ sich nicht weitergeben",
    "headline_misconfigured": "Mail wartet: Die Einstellungen müssen berichtigt werden",
    "headline_unheard": "Meldungen warten: Die Einstellungen müssen berichtigt werden",
    "headline_drill": "{headline} (angeblich eine Übung)",
    "advice_check": (
        "Der Absender konnte sie deinem eigenen Server nicht zustellen oder ging an ihm vorbei, wie Spam es "
        "tut. Wenn der Server eigentlich laufen müsste, sieh nach."
    ),
    "advice_retry": ("Der Absender versucht es wieder: die meisten tagelang, doch manche geben sofort auf."),
    "advice_held": (
        "Sie wurde angenommen und wird {days} aufbewahrt: Hol sie mit `mail-failover replay` nach Hause, "
        "wenn dein Server wieder läuft."
    ),
    "advice_held_too_late": (
        "Der Absender versucht es wieder, aber eine Kopie wird {days} aufbewahrt: Hol sie mit "
        "`mail-failover replay` nach Hause, wenn dein Server wieder läuft."
    ),
    "advice_unreported": (
        "Der Worker brach mittendrin ab: Vielleicht hat ein Postfach sie, vielleicht versucht es ihr "
        "Absender wieder. Eine Kopie wird {days} aufbewahrt: Hol sie mit `mail-failover replay` nach Hause. "
        "Wenn du schon von ihr weißt, ist es dieselbe Nachricht."
    ),
    "advice_returned": (
        "Sie war schon weitergeleitet worden und kam für denselben Empfänger zurück: angenommen, aber nicht "
        "noch einmal im Kreis geschickt. Ein Postfach leitet seine Mail an deine Domain weiter: Entferne "
        "diese Regel."
    ),
    "advice_returned_copy": "Eine Kopie liegt im Spool: Hol sie mit `mail-failover replay` nach Hause.",
    "advice_returned_gone": (
        "Wenn das Postfach keine Kopie von dem behält, was es weiterleitet, ist diese Nachricht verloren."
    ),
    "advice_drill": (
        "Wenn du diese Übung gestartet hast, zeigt sie, dass Meldungen ankommen. "
        "Wenn nicht, ist es eine Nachricht wie jede andere."
    ),
    "advice_settings_wait": (
        "Bis dahin wird Mail an diesen Empfänger nicht weitergeleitet: "
        "Die Absender behalten sie und versuchen es wieder."
    ),
    "advice_unheard": (
        "Mail wird trotzdem weitergeleitet. "
        "Was wartet, wird gemeldet, sobald das behoben ist, und zwar denen, für die es ist."
    ),
    "advice_settings": (
        "Diese Einstellungen müssen berichtigt werden: in .dev.vars oder wrangler.toml, danach: "
        "mail-failover deploy."
    ),
    # --- why an inbox has no message, and what to do ---
    "outcome_misconfigured": "falsch eingerichtet",
    "outcome_permanent": "endgültig",
    "outcome_temporary": "vorübergehend",
    "outcome_no_answer": "keine Antwort binnen {reason}; die Nachricht kann dort noch ankommen",
    "advice_misconfigured": (
        "Ein Postfach ist nicht bereit: Füge es im Dashboard von Cloudflare unter Email Routing, Destination "
        "addresses, hinzu oder klicke auf den Link in seiner Bestätigungsmail."
    ),
    "advice_permanent": (
        "Ein Postfach lehnte die Nachricht ab: Prüfe, ob es existiert und Platz hat, und füge ein weiteres "
        "bei einem anderen Anbieter hinzu, denn manche sperren die Adressen von Cloudflare."
    ),
    "advice_temporary": "Ein Postfach konnte die Nachricht gerade nicht annehmen.",
    "advice_no_answer": (
        "Ein Postfach antwortete nicht rechtzeitig; es kann die Nachricht noch bekommen, dann vielleicht "
        "doppelt."
    ),
    "advice_no_inbox": (
        "Für diesen Empfänger ist kein Postfach eingestellt: Nimm eines in FALLBACK_INBOXES oder ROUTES auf."
    ),
    # --- why there is no copy of a message ---
    "unkept_off": "der Spool ist abgeschaltet",
    "unkept_full": "der Spool ist voll",
    "unkept_late": "der Spool kam zu spät",
    "unkept_unanswered": "der Spool antwortete nicht",
    "unkept_limited": "die Zeilen, die der Tarif für einen Tag vorsieht, sind aufgebraucht",
    "unkept_cut": "sie brach auf dem Weg in den Spool ab ({why})",
    "unkept_short": "nur ein Teil von ihr kam im Spool an ({why} Byte)",
    "unkept_unsealed": "sie ließ sich nicht für SPOOL_KEY verschlüsseln ({why})",
    # --- what a fact says ---
    "no_recipient": "(kein Empfänger)",
    "no_sender": "(kein Absender)",
    "no_subject": "(keiner)",
    "unknown": "(unbekannt)",
    "unreadable": "(unlesbar)",
    "bounce": "keiner: eine Unzustellbarkeitsmeldung oder automatische Nachricht",
    "and_other_senders": "; und weitere Absender",
    "via": " über {domain}",
    "perhaps_more": "{files}; vielleicht noch mehr",
    "unnamed": "{type} ohne Namen",
    "no_checks": "nichts geprüft",
    "claimed_checks": "behauptet, vielleicht vom Absender selbst: {checks}",
    "check_for": "{verdict} für {domain}",
    "had_it_already": "{inbox} (hatte die Nachricht schon)",
    "other_inboxes": ("{count} weiteres Postfach", "{count} weitere Postfächer"),
    "more": "{count} weitere",
    "others": "anderen",
    "among_others": "andere",
    "messages": ("{count} Nachricht", "{count} Nachrichten"),
    "days": ("{count} Tag", "{count} Tage"),
    "came_again": ("{messages}, dazu {count} neuer Versuch", "{messages}, dazu {count} neue Versuche"),
    "forwarded_where": "{count}, an {inboxes}",
    "so_many_of": "{count} von {all}",
    "dropped_after": "{messages}, {days} nach dem Auffangen",
    "given_up": ("{count} frühere Meldung, aufgegeben", "{count} frühere Meldungen, aufgegeben"),
    "megabytes": "{size} MB",
    "kilobytes": "{size} kB",
    "bytes": ("{count} Byte", "{count} Byte"),
    "decimal_sign": ",",
    # --- the primary ---
    "server_silent": "{servers}: keine Antwort",
    "server_unasked": "{servers}: ließ sich nicht fragen ({trouble})",
    "server_back": "{server} antwortet wieder",
    "server_answers": (
        "{server} antwortet: Vielleicht konnte nur dieser Absender ihn nicht erreichen, oder es ist Spam, "
        "der auf den letzten MX zielt"
    ),
    "server_since": "{server} antwortet, spätestens seit {moment}",
    "server_answered": "{server} antwortete",
    "and": "{one} und {other}",
    # --- an outage ---
    "headline_first": ("{count} Nachricht aufgefangen", "{count} Nachrichten aufgefangen"),
    "headline_over": (
        "Vorbei: {count} Nachricht aufgefangen",
        "Vorbei: {count} Nachrichten aufgefangen",
    ),
    "headline_batch": "{count} weitere Nachrichten aufgefangen",
    "headline_day": (
        "Seit {count} Tag wird Mail aufgefangen",
        "Seit {count} Tagen wird Mail aufgefangen",
    ),
    "headline_quiet": (
        "Seit {count} Stunde wurde keine Mail aufgefangen",
        "Seit {count} Stunden wurde keine Mail aufgefangen",
    ),
    "headline_back": "Dein Server antwortet wieder",
    "headline_answers": "Dein Server antwortet",
    "headline_home": (
        "{count} von {all} Nachrichten ist zu Hause",
        "{count} von {all} Nachrichten sind zu Hause",
    ),
    "headline_home_kept": (
        "{count} von {all} aufbewahrten Nachrichten ist zu Hause",
        "{count} von {all} aufbewahrten Nachrichten sind zu Hause",
    ),
    "headline_silent": "Dein Server antwortet nicht",
    "headline_deferrals": "Nachrichten wurden zurückgestellt, während dein Server antwortete",
    "advice_waiting": (
        "Ihre Absender behalten sie und versuchen es wieder: die meisten tagelang, doch manche geben sofort "
        "auf."
    ),
    "advice_quiet": (
        "Damit gilt dieser Ausfall als beendet. Das beweist nicht, dass dein Server wieder läuft; vielleicht "
        "hat niemand geschrieben."
    ),
    "advice_quiet_unwatched": (
        "Damit gilt dieser Ausfall als beendet. Das beweist nicht, dass dein Server wieder läuft; vielleicht "
        "hat niemand geschrieben. Sieh nach, ob er antwortet."
    ),
    "advice_silent": "Noch wurde keine Mail aufgefangen.",
    "advice_deferrals": (
        "Die Absender wurden gebeten, es noch einmal zu versuchen; was wiederkam, wurde weitergeleitet und "
        "gemeldet. Spam kommt selten wieder."
    ),
    # --- the spool ---
    "headline_nearly_full": "Der Spool ist fast voll",
    "headline_full": "Der Spool ist voll",
    "headline_expired": "Der Spool hat Mail gelöscht, die nie abgeholt wurde",
    "advice_refused": "Abgelehnte Mail bleibt im Spool: mail-failover spool list.",
    "advice_room": (
        "Hol die Mail mit `mail-failover replay` nach Hause, oder sichere sie mit "
        "`mail-failover spool export` und lösche sie danach im Spool. Oder gib ihm mehr Platz: SPOOL_MB."
    ),
    "advice_full": (
        "Was ein Postfach annahm, liegt dort; was keines annahm, liegt beim Absender, der es wieder versucht."
    ),
    "advice_expired": (
        "Dein Server hat sie nie bekommen. 30 Tage lang kann sie noch zurückholen, wer den Worker deployen "
        "darf: docs/replay.md. Um Mail länger zu behalten: SPOOL_DAYS."
    ),
    # --- an alert ---
    "headline_test": "Testmeldung: Dieser Chat funktioniert",
    "advice_test": "Es wurde nichts aufgefangen. Diese Meldung kommt von `{sender}`.",
    "repeated": "Vielleicht doppelt: Ein früherer Versuch blieb ohne Antwort.",
}
