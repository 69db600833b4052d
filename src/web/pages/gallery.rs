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
            "components": {"schemas": {text: {"type": "object", "pattern": text, "oneOf": [{"const": text, "description": text}], "description": text, "properties": {text: {"type": text}}}}}
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
    let rendered = [
        joins(lang, texts),
        waits(lang, texts),
        enters(lang, texts),
        notices(lang, texts),
        others(lang, texts),
        bookings(lang, texts),
        admins(lang, texts),
    ];
    let rendered = rendered.into_iter().flatten().chain(calendars(lang, texts));
    rendered.map(|(name, html, policy)| (format!("{name}.{}", lang.code()), html, policy)).collect()
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
        ("nowhere", NoticeKind::Nowhere),
        ("ended", NoticeKind::Ended(texts.card(lang))),
        ("cancelled", NoticeKind::Cancelled(texts.card(lang), Some(texts.reason.clone()))),
        ("refused", NoticeKind::Refused(texts.card(lang))),
        ("full", NoticeKind::Full(texts.card(lang))),
        ("lobby-full", NoticeKind::LobbyFull(texts.card(lang), 60)),
        ("crowded", NoticeKind::Crowded(texts.card(lang), 3600)),
        ("no-link", NoticeKind::NoLink(texts.card(lang))),
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

fn calendars(lang: Lang, texts: &Texts) -> Vec<Shown> {
    let (person, why) = (texts.person.clone(), texts.reason.clone());
    let steps = [
        (
            "calendar-ask",
            CalendarStep::Ask { name: person.clone(), url: "/calendars/connect/x/go".into(), publishes: true, nonce: "x".into() },
        ),
        ("calendar-connected", CalendarStep::Connected { account: person }),
        ("calendar-stale", CalendarStep::Stale),
        ("calendar-denied", CalendarStep::Denied),
        ("calendar-failed", CalendarStep::Failed { why }),
    ];
    steps.map(|(name, step)| plain(name, CalendarPage { lang, vendor: "Google Calendar", step }.render())).to_vec()
}

fn bookings(lang: Lang, texts: &Texts) -> Vec<Shown> {
    let (title, person, reason) = (texts.title.clone(), texts.person.clone(), texts.reason.clone());
    let card = BookCard {
        title: title.clone(),
        description: reason.clone(),
        host: person.clone(),
        initials: "DL".into(),
        picture_url: None,
        place: Some(person.clone()),
    };
    let when = || When::new(lang, "2026-12-07T02:00:00Z".parse().unwrap(), "2026-12-07T02:30:00Z".parse().ok(), "Asia/Jakarta");
    let day = |number: i8| {
        let url = (number % 3 == 0).then(|| "/book/x?day=2026-12-07".to_owned());
        Some(DayView { number, label: when().day, url, current: number == 6, today: number == 2 })
    };
    let weeks = vec![vec![None, day(1), day(2), day(3), day(4), day(5), day(6)], (7..=13).map(day).collect()];
    let weekdays = (0..7).map(|at| {
        ((*lang.say(&format!("date.weekdays.{at}"))).to_owned(), lang.say(&format!("date.weekdays.{at}")).chars().take(3).collect())
    });
    let month = MonthView {
        title: "12/2026".into(),
        previous: None,
        next: Some("/book/x?month=2027-01".into()),
        weekdays: weekdays.collect(),
        weeks,
    };
    let slot = |label: &str| SlotButton { start: "2026-12-07T02:00:00Z".into(), label: label.into(), seats: Some(3) };
    let book = BookPage {
        lang,
        card: card.clone(),
        durations: vec![
            Choice { label: "30 min".into(), url: "/book/x".into(), current: true },
            Choice { label: "60 min".into(), url: "/book/x".into(), current: false },
        ],
        path: "/book/x".into(),
        hidden: vec![("month".into(), "2026-12".into())],
        zone: "UTC".into(),
        zone_given: false,
        zones: &[],
        month,
        day: Some(DayTimes { label: when().day, slots: vec![slot("09:00"), slot("09:30")] }),
        hold_url: "/book/x/hold".into(),
        notice: Some(lang.say("booking.taken").to_owned()),
        moving_from: Some(when()),
    };
    let field = |kind: &'static str| FieldView {
        id: format!("f-{kind}"),
        name: "name".into(),
        label: person.clone(),
        kind,
        value: title.clone(),
        required: true,
        longest: 120,
        autocomplete: "name",
        choices: vec![title.clone(), person.clone()],
        hint: Some("booking.email_hint"),
        error: Some("booking.error.missing"),
    };
    let form = BookForm {
        lang,
        card: card.clone(),
        when: when(),
        zone: Some("Asia/Jakarta".into()),
        kept: lang.fill("booking.kept", "time", "09:10"),
        back_url: "/book/x".into(),
        fields: ["text", "email", "tel", "lines", "choice"].map(field).to_vec(),
        alert: Some(lang.say("booking.error.summary").to_owned()),
        asks_host: true,
    };
    let mut shown = vec![plain("book", book.render()), plain("book-form", form.render())];
    let keys = ["unverified", "pending", "confirmed", "declined", "cancelled", "expired", "past", "cancel", "verify"];
    shown.extend(keys.map(|key| {
        let ask = match key {
            "cancel" => Ask::Cancel,
            "verify" => Ask::Verify,
            _ => Ask::Nothing,
        };
        let page = BookingPage {
            lang,
            card: card.clone(),
            when: when(),
            key,
            reason: Some(reason.clone()),
            alert: None,
            unusable_reason: (key == "cancel").then(|| reason.clone()),
            ask,
            join_url: (key == "confirmed").then(|| "/j/x/y".to_owned()),
            facts: vec![(person.clone(), title.clone())],
            links: vec![(lang.say("booking.cancel").to_owned(), "/booking/x".into())],
            waits: (key == "unverified").then(|| (person.clone(), "09:10".into())),
        };
        plain(&format!("booking-{key}"), page.render())
    }));
    shown
}

fn admins(lang: Lang, texts: &Texts) -> Vec<Shown> {
    let text = || texts.title.clone();
    let tile = |key, is_alarm| Tile { key, value: 42, is_alarm };
    let tiles = vec![tile("created", false), tile("dead_jobs", true)];
    let row = || AdminFailedRow {
        action: "/admin/x".into(),
        what: text(),
        about: text(),
        why: texts.reason.clone(),
        attempts: 14,
        at: "2026-11-21 09:00".into(),
    };
    let values: Vec<(String, i64)> = (0..30).map(|at| (text(), (at * 7) % 11)).collect();
    let organization = AdminOrganization {
        lang,
        word: "word".into(),
        name: text(),
        tz: "Asia/Jakarta".into(),
        path: "/admin/organizations/x".into(),
        is_operator: true,
        done: Some("requeued"),
        tiles: tiles.clone(),
        charts: vec![Chart::new("held", text(), &values)],
        queues: vec![AdminQueueRow { kind: text(), ready: 1, next_at: String::new(), dead: 2 }],
        dead: vec![row()],
        endpoints: vec![AdminEndpointRow {
            action: "/admin/x".into(),
            url: text(),
            health: "failing",
            pending: 1,
            failed: 2,
            delivered: 3,
        }],
        failed: vec![row()],
        providers: vec![AdminProviderRow {
            name: text(),
            kind: text(),
            health: "near",
            calls: 9,
            failures: 1,
            throttled: 0,
            percent: Some(81),
        }],
        errors: vec![AdminErrorRow {
            source: "job".into(),
            what: text(),
            why: texts.reason.clone(),
            count: 3,
            last_at: "2026-11-21 09:00".into(),
        }],
    };
    let one = AdminOrganizationRow {
        url: "/admin/organizations/x".into(),
        name: text(),
        slug: text(),
        users: 6,
        meetings: 90,
        dead_jobs: 1,
        failed_deliveries: 0,
    };
    let installation = AdminInstallation { lang, word: "word".into(), tiles, organizations: vec![one] };
    vec![
        plain("admin-sign-in", AdminSignIn { lang, refused: false }.render()),
        plain("admin-refused", AdminSignIn { lang, refused: true }.render()),
        plain("admin", installation.render()),
        plain("admin-organization", organization.render()),
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
