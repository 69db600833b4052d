//! Every page once, for the tests and for the eye: `OMEET_PAGES_OUT=<folder> cargo test gallery` writes them there,
//! with their assets, so that any static file server shows them.

use serde_json::{Value, json};

use super::*;
use crate::web::headers::Policy;
use crate::web::i18n::When;
use crate::web::{Lang, WebAddress, assets};

/// The texts that outsiders choose.
pub struct Texts {
    pub title: String,
    pub person: String,
    pub code: String,
    pub reason: String,
    pub document: Value,
}

impl Texts {
    /// The same text everywhere.
    pub fn all(text: &str) -> Self {
        let document = json!({
            "info": {"title": text, "version": text, "description": text},
            "methods": [{"name": text, "summary": text, "description": text,
                "params": [{"name": text, "description": text, "required": true, "schema": {"$ref": text, "default": text}}],
                "result": {"name": text, "schema": {"enum": [text], "description": text}},
                "errors": [{"code": text, "message": text, "data": {"kind": text}}],
                "examples": [{"name": text, "params": [{"name": text, "value": text}], "result": {"name": text, "value": text}}]}],
            "components": {"schemas": {text: {"type": "object", "description": text, "properties": {text: {"type": text}}}}}
        });
        Self { title: text.into(), person: text.into(), code: text.into(), reason: text.into(), document }
    }

    fn plausible() -> Self {
        Self {
            title: "Quarterly supplier review: Kopi Nusantara".into(),
            person: "Dewi Lestari".into(),
            code: "abc-defg-hjk".into(),
            reason: "The warehouse audit was moved.\nWe will send a new invitation on Monday.".into(),
            document: document(),
        }
    }

    fn card(&self, lang: Lang) -> MeetingCard {
        let (start, end) = ("2026-11-21T09:00:00Z".parse().unwrap(), "2026-11-21T10:30:00Z".parse().ok());
        let when = Some(When::new(lang, start, end, "Asia/Jakarta"));
        MeetingCard { title: self.title.clone(), host: Some(self.person.clone()), when, code: self.code.clone() }
    }
}

/// A page with its name and what its headers allow.
pub type Shown = (String, String, Policy);

/// Every page in one language.
pub fn pages(lang: Lang, texts: &Texts) -> Vec<Shown> {
    let rendered = [joins(lang, texts), waits(lang, texts), enters(lang, texts), notices(lang, texts), others(lang, texts)];
    rendered.into_iter().flatten().map(|(name, html, policy)| (format!("{name}.{}", lang.code()), html, policy)).collect()
}

fn plain(name: &str, html: String) -> Shown {
    (name.to_owned(), html, Policy::default())
}

fn joins(lang: Lang, texts: &Texts) -> Vec<Shown> {
    let form = |name: &str, asks: (bool, bool), errors: (Option<FieldError>, Option<FieldError>)| JoinForm {
        lang,
        meeting: texts.card(lang),
        asks_name: asks.0,
        asks_password: asks.1,
        name: name.to_owned(),
        name_error: errors.0,
        password_error: errors.1,
    };
    let wrong = (Some(FieldError::Missing), Some(FieldError::Wrong));
    vec![
        plain("join", form("", (true, false), (None, None)).render()),
        plain("join-password", form(&texts.person, (true, true), (None, None)).render()),
        plain("join-errors", form(&texts.person, (true, true), wrong).render()),
        plain("join-known", form(&texts.person, (false, true), (None, None)).render()),
    ]
}

fn waits(lang: Lang, texts: &Texts) -> Vec<Shown> {
    let opens = When::new(lang, "2026-11-21T08:45:00Z".parse().unwrap(), None, "Asia/Jakarta");
    let waiting = |why: Why| {
        let page = Waiting {
            lang,
            meeting: texts.card(lang),
            why,
            name: Some(texts.person.clone()),
            poll_url: "/j/abcdefghjk/ticket/status".into(),
            next_url: "/j/abcdefghjk/ticket".into(),
            cancel_url: Some("/j/abcdefghjk/ticket/cancel".into()),
        };
        page.render()
    };
    [Why::Lobby, Why::Host, Why::NotOpen(opens), Why::Link]
        .map(|why| (format!("waiting-{}", why.name()), waiting(why), Policy::default()))
        .to_vec()
}

fn enters(lang: Lang, texts: &Texts) -> Vec<Shown> {
    let script = WebAddress::parse("https://meet.example.org/external_api.js").unwrap();
    let panel = |count: usize| HostPanel {
        waiting: (0..count).map(|i| WaitingGuest { id: format!("lob_{i}"), name: texts.person.clone() }).collect(),
        poll_url: "/j/abcdefghjk/ticket/lobby".into(),
        action_url: "/j/abcdefghjk/ticket/lobby".into(),
    };
    let enter = |name: &str, way: Way, host_panel: Option<HostPanel>| {
        let fields = vec![("name".to_owned(), texts.person.clone())];
        let (meeting, person) = (texts.card(lang), Some(texts.person.clone()));
        let action = "/j/abcdefghjk/ticket/enter".to_owned();
        let page = Enter { lang, meeting, name: person, action, fields, way, at_once: false, host_panel };
        (name.to_owned(), page.render(), page.policy(true))
    };
    vec![
        enter("enter", Way::Embed { script: script.clone() }, None),
        enter("enter-host", Way::Embed { script: script.clone() }, Some(panel(2))),
        enter("enter-leave", Way::Leave { server: script }, Some(panel(0))),
    ]
}

fn notices(lang: Lang, texts: &Texts) -> Vec<Shown> {
    let kinds = [
        ("not-found", NoticeKind::NotFound),
        ("ended", NoticeKind::Ended(texts.card(lang))),
        ("cancelled", NoticeKind::Cancelled(texts.card(lang), Some(texts.reason.clone()))),
        ("refused", NoticeKind::Refused(texts.card(lang))),
        ("sign-in", NoticeKind::SignIn(WebAddress::parse("https://erp.example.org/web/login"))),
        ("too-many", NoticeKind::TooManyTries { seconds: 42 }),
        ("problem", NoticeKind::Problem { reference: texts.code.clone() }),
    ];
    kinds.map(|(name, kind)| plain(name, Notice { lang, kind }.render())).to_vec()
}

fn others(lang: Lang, texts: &Texts) -> Vec<Shown> {
    let url = WebAddress::parse("https://meet.jit.si/omeet-x7k2m9").unwrap();
    let redirect = Redirect { lang, meeting: texts.card(lang), url, reason: RedirectReason::EmbeddingCut };
    let start = |code_unusable: bool| StartPage {
        lang,
        version: "0.1.0",
        code: if code_unusable { texts.code.clone() } else { String::new() },
        code_unusable,
    };
    vec![
        plain("redirect", redirect.render()),
        plain("index", start(false).render()),
        plain("start-error", start(true).render()),
        plain("docs", Reference::new(lang, &texts.document, "https://meet.example.org/").render()),
    ]
}

fn document() -> Value {
    let method = |name: &str, summary: &str| {
        json!({
            "name": name, "summary": summary, "description": "Everything is written in one commit, or nothing.",
            "params": [
                {"name": "name", "required": true, "description": "What people call it.", "schema": {"type": "string", "maxLength": 255}},
                {"name": "start", "description": "When it begins.", "schema": {"type": "string", "format": "date-time"}},
                {"name": "access", "schema": {"$ref": "#/components/schemas/Access", "default": "public"}},
                {"name": "duration_min", "schema": {"type": ["integer", "null"], "default": 60, "description": "How long it lasts."}}
            ],
            "result": {"name": "meeting", "description": "The meeting.", "schema": {"$ref": "#/components/schemas/Meeting"}},
            "errors": [{"$ref": "#/components/errors/NotFound"}],
            "examples": [{"name": "a weekly review", "params": [{"name": "name", "value": "Weekly review"}, {"name": "start", "value": "2026-11-21T09:00:00Z"}],
                "result": {"name": "meeting", "value": {"id": "mtg_0192f0c1a2b37c4d8e5f60718293a4b5", "state": "ready", "join_url": "https://meet.example.org/j/abcdefghjk"}}}]
        })
    };
    json!({
        "openrpc": "1.3.2",
        "info": {"title": "omeet", "version": "0.1.0", "description": "Makes meetings joinable."},
        "methods": [method("meeting.create", "Creates a meeting."), method("meeting.cancel", "Cancels a meeting."), method("webhook.endpoint.create", "Adds an endpoint.")],
        "components": {
            "schemas": {
                "Access": {"type": "string", "enum": ["public", "organization", "invited"], "description": "Who may join."},
                "Meeting": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "access": {"$ref": "#/components/schemas/Access"}}}
            },
            "errors": {"NotFound": {"code": -32004, "message": "no such meeting", "data": {"kind": "meeting.not_found"}}}
        }
    })
}

#[test]
fn gallery() {
    let shown: Vec<Shown> = Lang::all().flat_map(|lang| pages(lang, &Texts::plausible())).collect();
    assert!(shown.len() >= 63 && shown.iter().all(|(_, html, _)| html.trim_end().ends_with("</html>")));
    let Ok(folder) = std::env::var("OMEET_PAGES_OUT") else { return };
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for (name, html, policy) in shown {
        let headers: String = policy.headers().iter().map(|(header, value)| format!("{header}: {value}\n")).collect();
        std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
        std::fs::write(folder.join(format!("{name}.headers")), headers).unwrap();
    }
    for name in assets::names() {
        let file = assets::asset(&name).unwrap();
        std::fs::write(folder.join(assets::asset_url(&name).trim_start_matches('/')), file.bytes).unwrap();
    }
}
