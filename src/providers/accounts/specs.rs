//! What the methods `provider.*` say of themselves.

use super::{INACTIVE, NAME_TAKEN, NOT_FOUND, STALE};
use crate::kernel::Role;
use crate::rpc::{Example, Rule, Spec};

const SHOWN: &str = r#"{"id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112", "kind": "jitsi", "name": "Our Jitsi", "is_default": true, "active": true,
    "settings": {"server_url": "https://meet.example.org", "domain": "meet.jitsi", "app_id": "omeet", "token_in": "fragment"},
    "secrets": {"app_secret": true, "private_key": false}, "capabilities": {"needs_call": false, "embeds": true, "tokens": true,
    "moderators": true, "lobby": true, "recording": true, "events": true}, "version": 1, "created_at": "2026-11-21T09:00:00Z",
    "updated_at": "2026-11-21T09:00:00Z"}"#;

pub(super) static CREATE: Spec = Spec {
    name: "provider.create",
    summary: "Add a provider account where meetings can take place",
    description: "Kinds: `jitsi` (a server of one's own, or meet.jit.si), `jaas` (8x8), `url` (a template for anything else). Settings are those of \
        the kind. Secrets (`app_secret`, `private_key`) are sealed and never answered; `secrets` says which are there. A Jitsi account with \
        `app_id` signs tokens: with `app_secret` (HS256), or with a `private_key` of which omeet publishes the public half (RS256). The organization's first \
        account becomes its default unless `is_default` is false. Nothing is called: provider.test does that. Others hear of it as the event \
        `provider.created`, which carries the account without secrets.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NAME_TAKEN, &STALE],
    example: Example {
        params: r#"{"kind": "jitsi", "name": "Our Jitsi", "settings": {"server_url": "https://meet.example.org", "domain": "meet.jitsi",
            "app_id": "omeet", "app_secret": "the JWT_APP_SECRET of that server"}}"#,
        result: SHOWN,
    },
}
.checked();

pub(super) static LIST: Spec = Spec {
    name: "provider.list",
    summary: "List the organization's provider accounts",
    description: "In order of their creation, without their secrets. Meetings of an organization without a default take place at the \
        installation's Jitsi, which is in its configuration and not here.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"limit": 1}"#,
        result: r#"{"items": [{"id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302113", "kind": "url", "name": "The other system", "is_default": false,
            "active": true, "settings": {"template": "https://call.example.org/{room}", "embed": false}, "secrets": {}, "capabilities":
            {"needs_call": false, "embeds": false, "tokens": false, "moderators": false, "lobby": false, "recording": false, "events": false},
            "version": 1, "created_at": "2026-11-21T09:00:00Z", "updated_at": "2026-11-21T09:00:00Z"}], "next": null}"#,
    },
}
.checked();

pub(super) static GET: Spec = Spec {
    name: "provider.get",
    summary: "Show a provider account",
    description: "Without its secrets; `secrets` says which are there.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example { params: r#"{"id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#, result: SHOWN },
}
.checked();

pub(super) static UPDATE: Spec = Spec {
    name: "provider.update",
    summary: "Change a provider account",
    description: "Only what is given changes, inside `settings` too: a setting that is absent stays, secrets included, and null removes it. With \
        `version` the change is refused when somebody else was first. A default that is switched off stops being the default. Calls under way are \
        not touched; whoever joins from then on gets the new settings. The event is `provider.updated`; a secret that was replaced shows in it as a \
        higher `version` only.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND, &NAME_TAKEN, &STALE],
    example: Example {
        params: r#"{"id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112", "version": 1, "settings": {"domain": "meet.jitsi", "audience": null}}"#,
        result: SHOWN,
    },
}
.checked();

pub(super) static DELETE: Spec = Spec {
    name: "provider.delete",
    summary: "Remove a provider account with its secrets",
    description: "Also one that meetings use: they take place at the organization's default from then on, or at the installation's Jitsi when it \
        has none. Their links stay the same. The event is `provider.deleted`.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND],
    example: Example {
        params: r#"{"id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: r#"{"id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
    },
}
.checked();

pub(super) static SET_DEFAULT: Spec = Spec {
    name: "provider.set_default",
    summary: "Make a provider account the organization's default",
    description: "In place of the one that is. New meetings take place there. Those that exist stay with the account they were created \
        with; only those that have none, or whose account is gone or switched off, move. Both accounts are told of as `provider.updated`.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND, &INACTIVE, &STALE],
    example: Example { params: r#"{"id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#, result: SHOWN },
}
.checked();

pub(super) static TEST: Spec = Spec {
    name: "provider.test",
    summary: "Look at a provider account's server and say what is wrong",
    description: "Calls the server (at most some ten seconds): whether it is a Jitsi, what its configuration says of tokens, whether the clocks \
        agree, whether a token can be made. Changes nothing and shows no secret. `ok` means that nothing was found which keeps meetings from working; \
        whether the server accepts issuer and key shows only at a join.",
    rule: Rule::AtLeast(Role::Admin),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example {
        params: r#"{"id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: r#"{"ok": true, "findings": [{"severity": "warning", "says": "The server's clock is 7 seconds behind omeet's",
            "fix": "Synchronise both clocks (NTP): tokens are refused when they differ"}]}"#,
    },
}
.checked();
