"""What is said in Spanish.

The owner is "tú", the primary "tu servidor", the edge "Cloudflare", an inbox "buzón", an alert "aviso", an
outage "caída", a drill "simulacro"; a message is "recogido", "reenviado", "guardado", "aplazado".
"""

SPANISH: dict[str, str | tuple[str, str]] = {
    # --- what a fact is called ---
    "for": "Para",
    "from": "De",
    "envelope_sender": "Remitente del sobre",
    "subject": "Asunto",
    "list": "Lista",
    "attachments": "Adjuntos",
    "sent": "Enviado",
    "size": "Tamaño",
    "checks_by_the_edge": "Comprobado por Cloudflare",
    "checks": "Comprobaciones",
    "forwarded_to": "Reenviado a",
    "not_accepted_by": "No aceptado por",
    "more_inboxes": "Y además",
    "not_kept": "No guardado",
    "more_settings": "Y además",
    "domain": "Dominio",
    "your_server": "Tu servidor",
    "it_began_with": "Empezó con",
    "since": "Desde",
    "began": "Inicio",
    "last_message": "Último mensaje",
    "caught": "Recogidos",
    "forwarded": "Reenviados",
    "waiting_with_their_senders": "Pendientes en sus remitentes",
    "held_in_the_spool": "Guardados en el spool",
    "home_again": "De vuelta en casa",
    "refused_by_your_server": "Rechazados por tu servidor",
    "refused_by_block": "Rechazados por BLOCK",
    "came_back_from_an_inbox": "Devueltos por un buzón",
    "muted": "Silenciados",
    "waiting": "En espera",
    "so_many_from": "{count} de",
    "so_many_more_from": "{count} más de",
    "no_answer_from": "Sin respuesta de",
    "answers": "Responde",
    "deferred": "Aplazados",
    "in_the_spool": "En el spool",
    "room": "Espacio",
    "dropped": "Borrados",
    "never_told_here": "Nunca avisado aquí",
    "never_told_elsewhere": "Nunca avisado en otros sitios",
    # --- what became of a message ---
    "headline_forwarded": "Mensaje recogido y reenviado",
    "headline_held": "Ningún buzón aceptó un mensaje: queda guardado",
    "headline_unreported": "Mensaje recogido, pero no se supo más de su reenvío",
    "headline_returned": "Un mensaje reenviado ha vuelto",
    "headline_deferred": "No se pudo entregar un mensaje",
    "headline_misconfigured": "Hay correo en espera: corrige la configuración",
    "headline_unheard": "Hay avisos en espera: corrige la configuración",
    "headline_drill": "{headline} (un simulacro, según dice)",
    "advice_check": (
        "Su remitente no pudo entregarlo en tu propio servidor, o lo esquivó, como hace el spam. "
        "Si se supone que el servidor está funcionando, échale un vistazo."
    ),
    "advice_retry": (
        "El remitente lo volverá a intentar: la mayoría durante días, pero algunos se rinden enseguida."
    ),
    "advice_held": (
        "Se aceptó y se guarda durante {days}: tráelo a casa con `mail-failover replay` cuando tu servidor "
        "haya vuelto."
    ),
    "advice_held_too_late": (
        "Su remitente lo volverá a intentar, pero se guarda una copia durante {days}: tráela a casa con "
        "`mail-failover replay` cuando tu servidor haya vuelto."
    ),
    "advice_unreported": (
        "El Worker terminó a medias: quizá lo tenga un buzón, quizá su remitente lo vuelva a intentar. Se "
        "guarda una copia durante {days}: tráela a casa con `mail-failover replay`. Si ya sabes de él, es el "
        "mismo mensaje."
    ),
    "advice_returned": (
        "Ya se había reenviado y volvió para el mismo destinatario: se aceptó, pero no se mandó a dar otra "
        "vuelta. Un buzón reenvía su correo a tu dominio: quita esa regla."
    ),
    "advice_returned_copy": "Hay una copia en el spool: tráela a casa con `mail-failover replay`.",
    "advice_returned_gone": ("Si el buzón no conserva copia de lo que reenvía, este mensaje se ha perdido."),
    "advice_drill": (
        "Si tú empezaste este simulacro, demuestra que los avisos llegan. "
        "Si no, es un mensaje como cualquier otro."
    ),
    "advice_settings_wait": (
        "Hasta entonces no se reenvía el correo de este destinatario: "
        "los remitentes lo conservan y lo vuelven a intentar."
    ),
    "advice_unheard": (
        "El correo se reenvía de todos modos. "
        "Lo que espera se comunicará, una vez corregido esto, a quien corresponde."
    ),
    "advice_settings": (
        "Hay que corregir esta configuración: en .dev.vars o wrangler.toml, y después: mail-failover deploy."
    ),
    # --- why an inbox has no message, and what to do ---
    "outcome_misconfigured": "mal configurado",
    "outcome_permanent": "definitivo",
    "outcome_temporary": "temporal",
    "outcome_no_answer": "sin respuesta en {reason}; el mensaje aún puede llegar allí",
    "advice_misconfigured": (
        "Un buzón no está listo: en el panel de Cloudflare, en Email Routing, Destination addresses, añádelo "
        "o pulsa el enlace de su correo de verificación."
    ),
    "advice_permanent": (
        "Un buzón rechazó el mensaje: comprueba que existe y tiene espacio, y añade otro en otro proveedor, "
        "pues algunos bloquean las direcciones de Cloudflare."
    ),
    "advice_temporary": "Un buzón no pudo aceptar el mensaje por ahora.",
    "advice_no_answer": (
        "Un buzón no respondió a tiempo; aún puede recibir el mensaje, y entonces quizá por duplicado."
    ),
    "advice_no_inbox": ("No hay ningún buzón para este destinatario: añádelo a FALLBACK_INBOXES o a ROUTES."),
    # --- why there is no copy of a message ---
    "unkept_off": "el spool está desactivado",
    "unkept_full": "el spool está lleno",
    "unkept_late": "el spool llegó tarde",
    "unkept_unanswered": "el spool no respondió",
    "unkept_limited": "se agotaron las filas que el plan permite al día",
    "unkept_cut": "se interrumpió de camino al spool ({why})",
    "unkept_short": "solo una parte llegó al spool ({why} bytes)",
    "unkept_unsealed": "no se pudo cifrar para SPOOL_KEY ({why})",
    # --- what a fact says ---
    "no_recipient": "(sin destinatario)",
    "no_sender": "(sin remitente)",
    "no_subject": "(ninguno)",
    "unknown": "(desconocido)",
    "unreadable": "(ilegible)",
    "bounce": "ninguno: es un rebote o un mensaje automático",
    "and_other_senders": "; y otros remitentes",
    "via": " vía {domain}",
    "perhaps_more": "{files}; quizá más",
    "unnamed": "{type} sin nombre",
    "no_checks": "ninguna",
    "claimed_checks": "declarado, quizá por el propio remitente: {checks}",
    "check_for": "{verdict} para {domain}",
    "had_it_already": "{inbox} (ya tenía el mensaje)",
    "other_inboxes": ("{count} buzón más", "{count} buzones más"),
    "more": "{count} más",
    "others": "otros",
    "among_others": "otros",
    "messages": ("{count} mensaje", "{count} mensajes"),
    "days": ("{count} día", "{count} días"),
    "came_again": ("{messages}, más {count} reintento", "{messages}, más {count} reintentos"),
    "forwarded_where": "{count}, a {inboxes}",
    "so_many_of": "{count} de {all}",
    "dropped_after": "{messages}, {days} después de recogerse",
    "given_up": ("{count} aviso anterior, abandonado", "{count} avisos anteriores, abandonados"),
    "megabytes": "{size} MB",
    "kilobytes": "{size} kB",
    "bytes": ("{count} byte", "{count} bytes"),
    "decimal_sign": ",",
    # --- the primary ---
    "server_silent": "{servers}: sin respuesta",
    "server_unasked": "{servers}: no se pudo preguntar ({trouble})",
    "server_back": "{server} vuelve a responder",
    "server_answers": (
        "{server} responde: quizá solo este remitente no pudo conectar con él, o es spam, que apunta al "
        "último MX"
    ),
    "server_since": "{server} responde, a más tardar desde {moment}",
    "server_answered": "{server} respondía",
    "and": "{one} y {other}",
    # --- an outage ---
    "headline_first": ("{count} mensaje recogido", "{count} mensajes recogidos"),
    "headline_over": ("Terminó: {count} mensaje recogido", "Terminó: {count} mensajes recogidos"),
    "headline_batch": "{count} mensajes más recogidos",
    "headline_day": ("Se recoge correo desde hace {count} día", "Se recoge correo desde hace {count} días"),
    "headline_quiet": (
        "No se recoge correo desde hace {count} hora",
        "No se recoge correo desde hace {count} horas",
    ),
    "headline_back": "Tu servidor vuelve a responder",
    "headline_answers": "Tu servidor responde",
    "headline_home": ("{count} de {all} mensajes está en casa", "{count} de {all} mensajes están en casa"),
    "headline_home_kept": (
        "{count} de {all} mensajes guardados está en casa",
        "{count} de {all} mensajes guardados están en casa",
    ),
    "headline_silent": "Tu servidor no responde",
    "headline_deferrals": "Se aplazaron mensajes mientras tu servidor respondía",
    "advice_waiting": (
        "Sus remitentes los conservan y lo vuelven a intentar: la mayoría durante días, pero algunos se "
        "rinden enseguida."
    ),
    "advice_quiet": (
        "Así que esta caída se da por terminada. Eso no demuestra que tu servidor haya vuelto; quizá nadie "
        "escribió."
    ),
    "advice_quiet_unwatched": (
        "Así que esta caída se da por terminada. Eso no demuestra que tu servidor haya vuelto; quizá nadie "
        "escribió. Mira si responde."
    ),
    "advice_silent": "Todavía no se ha recogido correo.",
    "advice_deferrals": (
        "Se pidió a los remitentes que lo intentaran de nuevo; lo que volvió se reenvió y se avisó. El spam "
        "rara vez vuelve."
    ),
    # --- the spool ---
    "headline_nearly_full": "El spool está casi lleno",
    "headline_full": "El spool está lleno",
    "headline_expired": "El spool ha borrado correo que nadie recuperó",
    "advice_refused": "El correo rechazado sigue en el spool: mail-failover spool list.",
    "advice_room": (
        "Trae el correo a casa con `mail-failover replay`, o saca copias con `mail-failover spool export` y "
        "bórralo después. O dale más espacio: SPOOL_MB."
    ),
    "advice_full": (
        "Lo que aceptó un buzón está allí; lo que no aceptó ninguno lo tiene su remitente, que lo vuelve a "
        "intentar."
    ),
    "advice_expired": (
        "Tu servidor nunca los recibió. Durante 30 días, quien pueda desplegar el Worker todavía puede "
        "restaurarlos: docs/replay.md. Para guardar el correo más tiempo: SPOOL_DAYS."
    ),
    # --- an alert ---
    "headline_test": "Aviso de prueba: este chat funciona",
    "advice_test": "No se recogió nada. Esto lo envió `{sender}`.",
    "repeated": "Puede que sea un duplicado: un intento anterior quedó sin respuesta.",
}
