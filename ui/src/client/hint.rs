//! What to do next, in the words of whoever gave a command: the pages of the codes speak to programs as well.

use statewright_core::diagnostic::Code;

/// What a page says to whoever makes requests, said to whoever gives commands.
const IN_COMMANDS: &[(Code, &str)] = &[
    (
        Code::Unauthenticated,
        "Give a token that is valid with `--token` or STATEWRIGHT_TOKEN; an operator makes one with `statewright token create`.",
    ),
    (
        Code::NotFound,
        "Check the name. If it should be there, ask whether your role and organisation may see it.",
    ),
    (
        Code::MethodUnknown,
        "Use a command line of the server's own version: this one asks for something that the server does not know.",
    ),
    (
        Code::MediaUnsupported,
        "Use a command line of the server's own version: this one sends something that the server does not take.",
    ),
    (Code::BodyUnreadable, "Mend what the message names."),
    (
        Code::RevisionStale,
        "See with `statewright show WORKFLOW/KEY` what is there now, and give its revision with `--if-match`; without that the event is \
         taken on whatever is there.",
    ),
    (
        Code::RaceLost,
        "Look again with `statewright show WORKFLOW/KEY`: what you wanted may be done already.",
    ),
    (Code::Overloaded, "Wait a few seconds, then give the same command again."),
    (
        Code::StoreAway,
        "Give the command again when the database is back; with the same `--idempotency-key` it is done once, however often it is given.",
    ),
    (
        Code::StoreFull,
        "Give the command again when the operator has made room on the database's disk; nothing was done.",
    ),
    (
        Code::TimedOut,
        "Give the command again; with the same `--idempotency-key` it is done once, however often it is given.",
    ),
    (
        Code::HeadersTooLarge,
        "Shorten the token or the idempotency key; if a proxy adds to the request, take away what it need not pass on.",
    ),
    (
        Code::Internal,
        "Tell the operator the time and the command. With the same `--idempotency-key` it may be given again.",
    ),
    (
        Code::ShuttingDown,
        "Give the command again: another node, or this one after its restart, takes it.",
    ),
    (
        Code::InputInvalid,
        "Mend the fields that are named. `statewright can WORKFLOW/KEY EVENT` shows the form of an event.",
    ),
    (Code::SignatureMissing, "Sign it: `--sign`."),
    (
        Code::TaskHeld,
        "See with `statewright tasks show WORKFLOW/KEY` who holds it: they can release or delegate it, and whoever it is for can assign it, or take it over while they are away.",
    ),
    (Code::ReasonMissing, "Give one: `--reason TEXT`."),
    (
        Code::BehindGlass,
        "Check the name. If it is right and you have to see it, `statewright open WORKFLOW/KEY --reason TEXT`: that is kept, and reviewed by \
         another person.",
    ),
];

/// What to do about a code that came as an answer; None for a newer server's code.
pub fn hint(code: &str) -> Option<String> {
    let code = Code::parse(code)?;
    if let Some((_, words)) = IN_COMMANDS.iter().find(|(known, _)| *known == code) {
        return Some((*words).to_owned());
    }
    code.page().ok().map(|page| page.remedy.replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hint_speaks_of_requests() {
        let of_requests = [
            "ETag",
            "If-Match",
            "%2F",
            "/v1/",
            "/readyz",
            "Retry-After",
            "Idempotency-Key",
            "Authorization",
            "Content-Type",
            "body",
            "header",
        ];
        for code in Code::ALL.iter().filter(|code| code.as_str() >= "SW-2101") {
            let hint = hint(code.as_str()).unwrap_or_default();
            assert_ne!(hint, "", "{code}");
            let found: Vec<&&str> = of_requests.iter().filter(|word| hint.contains(**word)).collect();
            assert_eq!(found, [&""; 0], "{code}: {hint}");
        }
    }
}
