"""What is said in English: by this table the others are measured.

A text stands under the kind of the fact that it labels, or under a name of its own; where a number decides,
there are two, for one and for more. What is in braces is put in; commands, variables and files stay as they
are.
"""

ENGLISH: dict[str, str | tuple[str, str]] = {
    # --- what a fact is called ---
    "for": "For",
    "from": "From",
    "envelope_sender": "Envelope sender",
    "subject": "Subject",
    "list": "List",
    "attachments": "Attachments",
    "sent": "Sent",
    "size": "Size",
    "checks_by_the_edge": "Checks by the edge",
    "checks": "Checks",
    "forwarded_to": "Forwarded to",
    "not_accepted_by": "Not accepted by",
    "more_inboxes": "And",
    "not_kept": "Not kept",
    "more_settings": "And",
    "domain": "Domain",
    "your_server": "Your server",
    "it_began_with": "It began with",
    "since": "Since",
    "began": "Began",
    "last_message": "Last message",
    "caught": "Caught",
    "forwarded": "Forwarded",
    "waiting_with_their_senders": "Waiting with their senders",
    "held_in_the_spool": "Held in the spool",
    "home_again": "Home again",
    "refused_by_your_server": "Refused by your server",
    "refused_by_block": "Refused by BLOCK",
    "came_back_from_an_inbox": "Came back from an inbox",
    "muted": "Muted",
    "waiting": "Waiting",
    "so_many_from": "{count} from",
    "so_many_more_from": "{count} more from",
    "no_answer_from": "No answer from",
    "answers": "Answers",
    "deferred": "Deferred",
    "in_the_spool": "In the spool",
    "room": "Room",
    "dropped": "Dropped",
    "never_told_here": "Never told here",
    "never_told_elsewhere": "Never told elsewhere",
    # --- what became of a message ---
    "headline_forwarded": "Caught a message and forwarded it",
    "headline_held": "No inbox took a message: it is held",
    "headline_unreported": "Caught a message, but its forward never reported back",
    "headline_returned": "A forwarded message came back",
    "headline_deferred": "Could not hand on a message",
    "headline_misconfigured": "Mail waits: the settings need mending",
    "headline_unheard": "Alerts wait: the settings need mending",
    "headline_drill": "{headline}: a drill, it says",
    "advice_check": (
        "Its sender could not deliver to your own server, or went past it, as spam does. "
        "If the server should be up, have a look."
    ),
    "advice_retry": "The sender will retry: most do for days, but some give up at once.",
    "advice_held": (
        "It was accepted and is kept for {days}: bring it home with `mail-failover replay` when your server "
        "is back."
    ),
    "advice_held_too_late": (
        "Its sender will try again, but a copy is kept for {days}: bring it home with `mail-failover replay` "
        "when your server is back."
    ),
    "advice_unreported": (
        "The Worker ended in the middle: perhaps an inbox has it, perhaps its sender tries again. A copy is "
        "kept for {days}: bring it home with `mail-failover replay`. If you know of it already, it is the "
        "same message."
    ),
    "advice_returned": (
        "It was forwarded before and came back for the same recipient: accepted, but not sent round again. "
        "An inbox sends its mail on to your domain: remove that rule."
    ),
    "advice_returned_copy": "A copy is in the spool: bring it home with `mail-failover replay`.",
    "advice_returned_gone": "If the inbox keeps no copy of what it sends on, this message is gone.",
    "advice_drill": (
        "If you started this drill, it shows that alerts arrive. "
        "If you did not, it is a message like any other."
    ),
    "advice_settings_wait": (
        "Until this is mended, mail for this recipient is not forwarded: senders keep it and retry."
    ),
    "advice_unheard": (
        "Mail is forwarded all the same. What waits is told once this is mended, to those whom it is for."
    ),
    "advice_settings": (
        "These settings need mending: correct .dev.vars or wrangler.toml, then: mail-failover deploy."
    ),
    # --- why an inbox has no message, and what to do ---
    "outcome_misconfigured": "misconfigured",
    "outcome_permanent": "permanent",
    "outcome_temporary": "temporary",
    "outcome_no_answer": "no answer within {reason}; the message may still arrive there",
    "advice_misconfigured": (
        "An inbox is not ready: in Cloudflare's dashboard, under Email Routing, Destination addresses, "
        "add it or click the link in its verification mail."
    ),
    "advice_permanent": (
        "An inbox refused the message: see that it exists and has room, and add another inbox at another "
        "provider, as some block the edge's addresses."
    ),
    "advice_temporary": "An inbox could not take the message just now.",
    "advice_no_answer": (
        "An inbox did not answer in time; it may still get the message, then perhaps twice."
    ),
    "advice_no_inbox": "No inbox is set for this recipient: add it to FALLBACK_INBOXES or ROUTES.",
    # --- why there is no copy of a message ---
    "unkept_off": "the spool is switched off",
    "unkept_full": "the spool is full",
    "unkept_late": "the spool was too late",
    "unkept_unanswered": "the spool did not answer",
    "unkept_limited": "the rows that the plan has for a day are used up",
    "unkept_cut": "it broke off on its way into the spool ({why})",
    "unkept_short": "only a part of it came into the spool ({why} bytes)",
    "unkept_unsealed": "it could not be encrypted for SPOOL_KEY ({why})",
    # --- what a fact says ---
    "no_recipient": "(no recipient)",
    "no_sender": "(no sender)",
    "no_subject": "(none)",
    "unknown": "(unknown)",
    "unreadable": "(unreadable)",
    "bounce": "none: this is a bounce or an automatic message",
    "and_other_senders": "; and other senders",
    "via": " via {domain}",
    "perhaps_more": "{files}; perhaps more",
    "unnamed": "unnamed {type}",
    "no_checks": "none made",
    "claimed_checks": "claimed, perhaps by the sender: {checks}",
    "check_for": "{verdict} for {domain}",
    "had_it_already": "{inbox} (it had the message already)",
    "other_inboxes": ("{count} more inbox", "{count} more inboxes"),
    "more": "{count} more",
    "others": "others",
    "among_others": "others",
    "messages": ("{count} message", "{count} messages"),
    "days": ("{count} day", "{count} days"),
    "came_again": ("{messages}, and {count} that came again", "{messages}, and {count} that came again"),
    "forwarded_where": "{count}, to {inboxes}",
    "so_many_of": "{count} of {all}",
    "dropped_after": "{messages}, {days} after they were caught",
    "given_up": ("{count} earlier alert, given up", "{count} earlier alerts, given up"),
    "megabytes": "{size} MB",
    "kilobytes": "{size} kB",
    "bytes": ("{count} byte", "{count} bytes"),
    "decimal_sign": ".",
    # --- the primary ---
    "server_silent": "{servers}: no answer",
    "server_unasked": "{servers}: could not be asked ({trouble})",
    "server_back": "{server} answers again",
    "server_answers": (
        "{server} answers: perhaps only this sender could not reach it, or it is spam, which aims at the "
        "last MX"
    ),
    "server_since": "{server} answers, at the latest since {moment}",
    "server_answered": "{server} answered",
    "and": "{one} and {other}",
    # --- an outage ---
    "headline_first": ("Caught {count} message", "Caught {count} messages"),
    "headline_over": ("Over: caught {count} message", "Over: caught {count} messages"),
    "headline_batch": "Caught {count} more messages",
    "headline_day": ("Mail has been caught for {count} day", "Mail has been caught for {count} days"),
    "headline_quiet": ("No mail was caught for {count} hour", "No mail was caught for {count} hours"),
    "headline_back": "Your server answers again",
    "headline_answers": "Your server answers",
    "headline_home": ("{count} of {all} messages is home", "{count} of {all} messages are home"),
    "headline_home_kept": (
        "{count} of {all} kept messages is home",
        "{count} of {all} kept messages are home",
    ),
    "headline_silent": "Your server does not answer",
    "headline_deferrals": "Messages were deferred while your server answered",
    "advice_waiting": ("Their senders keep these and try again: most do for days, but some give up at once."),
    "advice_quiet": (
        "So this outage counts as over. That does not prove that your server is back, perhaps nobody wrote."
    ),
    "advice_quiet_unwatched": (
        "So this outage counts as over. That does not prove that your server is back, perhaps nobody wrote: "
        "look whether it answers."
    ),
    "advice_silent": "No mail was caught yet.",
    "advice_deferrals": (
        "Senders were asked to try again; what came again was forwarded and told. Spam seldom does."
    ),
    # --- the spool ---
    "headline_nearly_full": "The spool is nearly full",
    "headline_full": "The spool is full",
    "headline_expired": "The spool has dropped mail that was never fetched",
    "advice_refused": "Refused mail stays in the spool: mail-failover spool list.",
    "advice_room": (
        "Bring the mail home with `mail-failover replay`, or take copies with `mail-failover spool export` "
        "and drop them then. Or give it more room: SPOOL_MB."
    ),
    "advice_full": ("What an inbox took is there; what none took is with its sender, who tries again."),
    "advice_expired": (
        "Your server never took them. For 30 days whoever may deploy the Worker can still restore them: "
        "docs/replay.md. To keep mail for longer: SPOOL_DAYS."
    ),
    # --- an alert ---
    "headline_test": "Test alert: this chat works",
    "advice_test": "Nothing was caught. `{sender}` sent this.",
    "repeated": "This may be a repeat: an earlier attempt got no answer.",
}
