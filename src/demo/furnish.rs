//! What is there before anything happens: people, providers, rooms, links, an ERP.

use serde_json::{Value, json};

use super::cast::{self, MEMBER_COUNT, ZONE, member};
use super::teller::Teller;
use super::{Addresses, world};
use crate::kernel::clock::SystemEntropy;
use crate::kernel::code;
use crate::stand_ins::jaas::Jaas;

/// Nobody's.
const JAAS_APP_ID: &str = "vpaas-magic-cookie-00000000000000000000000000000000";

/// What the rest of the story refers to.
pub(super) struct House {
    /// A Jitsi of the organization's own, with its secret.
    pub jitsi: Account,
    /// A Zoom account, with its secret.
    pub zoom: Account,
    /// A customer of JaaS, which tells of its calls itself.
    pub jaas: Jaas,
    /// The account that believes it.
    pub jaas_account: String,
    /// A Zoom account at a place where nobody answers.
    pub lost: String,
    /// Rooms.
    pub rooms: Vec<String>,
    /// Booking links.
    pub links: Vec<String>,
    /// The stand-ins.
    pub stand_ins: String,
}

/// A provider account whose messages are believed.
pub(super) struct Account {
    pub id: String,
    pub secret: String,
}

pub(super) async fn furnish(teller: &Teller<'_>, at: &Addresses, pem: &str) -> anyhow::Result<House> {
    teller.ok("organization.update", json!({ "tz": ZONE, "lang": "en" })).await?;
    for at in 0..MEMBER_COUNT {
        teller.ok("user.upsert", member(at)).await?;
    }
    fields(teller).await?;
    let erp = format!("{}{}", at.stand_ins, world::ERP);
    teller.ok("webhook.endpoint.create", json!({ "url": erp, "description": "ERP (a stand-in)" })).await?;
    let jaas_secret = secret();
    Ok(House {
        jaas_account: jaas(teller, &jaas_secret, pem).await?,
        jaas: teller.jaas(JAAS_APP_ID, &jaas_secret),
        jitsi: jitsi(teller).await?,
        zoom: zoom(teller, "Zoom (a stand-in)", &at.stand_ins).await?,
        lost: zoom(teller, "Zoom of the old office", "http://127.0.0.1:9").await?.id,
        rooms: rooms(teller).await?,
        links: links(teller).await?,
        stand_ins: at.stand_ins.clone(),
    })
}

/// The identifier in an answer.
pub(super) fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap_or_default().to_owned()
}

fn secret() -> String {
    format!("whsec_{}", code::token(&SystemEntropy))
}

async fn jitsi(teller: &Teller<'_>) -> anyhow::Result<Account> {
    let secret = secret();
    let settings = json!({ "server_url": "https://video.kopi-nusantara.example", "domain": "meet.jitsi", "app_id": "omeet",
        "app_secret": code::token(&SystemEntropy), "webhook_secret": secret });
    let account = json!({ "kind": "jitsi", "name": "Our Jitsi (does not exist)", "is_default": false, "settings": settings });
    Ok(Account { id: id(&teller.ok("provider.create", account).await?), secret })
}

async fn zoom(teller: &Teller<'_>, name: &str, address: &str) -> anyhow::Result<Account> {
    let secret = secret();
    let settings = json!({ "account_id": "demo", "client_id": "demo", "client_secret": code::token(&SystemEntropy),
        "host_user": "ana@kopi-nusantara.example", "webhook_secret": secret, "api_url": address, "login_url": address });
    let account = json!({ "kind": "zoom", "name": name, "is_default": false, "settings": settings });
    Ok(Account { id: id(&teller.ok("provider.create", account).await?), secret })
}

async fn jaas(teller: &Teller<'_>, secret: &str, pem: &str) -> anyhow::Result<String> {
    let settings = json!({ "app_id": JAAS_APP_ID, "key_id": "demo", "private_key": pem, "webhook_secret": secret });
    let account = json!({ "kind": "jaas", "name": "JaaS (a stand-in)", "is_default": false, "settings": settings });
    Ok(id(&teller.ok("provider.create", account).await?))
}

async fn fields(teller: &Teller<'_>) -> anyhow::Result<()> {
    let stages = json!([{ "key": "new", "label": "New" }, { "key": "tasting", "label": "Tasting" }, { "key": "won", "label": "Won" }]);
    let fields = [
        json!({ "key": "stage", "label": "Stage", "type": "choice", "choices": stages }),
        json!({ "key": "bags", "label": "Bags of 60 kg", "type": "integer" }),
    ];
    for field in fields {
        teller.ok("custom_field.create", field).await?;
    }
    Ok(())
}

async fn rooms(teller: &Teller<'_>) -> anyhow::Result<Vec<String>> {
    let week = ["mon", "tue", "wed", "thu", "fri"].map(|day| (day.to_owned(), json!(["08:00-18:00"])));
    let hours = json!({ "weekly": serde_json::Map::from_iter(week) });
    let mut rooms = Vec::new();
    for (name, capacity, equipment) in
        [("Merapi", 8, json!(["screen", "camera"])), ("Rinjani", 4, json!(["screen"])), ("Cupping lab", 12, json!([]))]
    {
        let room = json!({ "name": name, "capacity": capacity, "equipment": equipment, "location": "Jakarta, 4th floor", "tz": ZONE, "hours": hours });
        rooms.push(id(&teller.ok("room.create", room).await?));
    }
    Ok(rooms)
}

async fn links(teller: &Teller<'_>) -> anyhow::Result<Vec<String>> {
    let questions = json!([{ "key": "company", "label": "Company", "kind": "text", "required": true },
        { "key": "beans", "label": "Which beans?", "kind": "choice", "choices": ["Gayo", "Toraja", "Kintamani", "Not sure yet"] }]);
    let links = [
        json!({ "title": "Coffee tasting with Ana", "description": "Half an hour, three cups, and everything you want to know about them.",
            "hosts": [member(0)], "questions": questions, "buffer_after_min": 10, "durations_min": [30, 60], "tz": ZONE }),
        json!({ "title": "Export desk", "description": "Whoever of us is free first answers your questions about shipping.",
            "hosts": [member(1), member(3)], "team": "round_robin", "confirmation": "automatic", "tz": ZONE }),
    ];
    let mut made = Vec::new();
    for link in links {
        made.push(id(&teller.ok("booking.link.create", link).await?));
    }
    Ok(made)
}

/// Someone who books by a link, with questions or without.
pub(super) fn booker(at: usize, is_asked: bool) -> Value {
    let (name, email) = cast::guest(at);
    let answers = if is_asked { json!({ "company": "Kissaten Mori", "beans": "Toraja" }) } else { json!({}) };
    json!({ "name": name, "email": email, "tz": "Asia/Tokyo", "answers": answers })
}
