//! `meeting.join` as host: key check, access decision, HS256 token.

use anyhow::Result;
use serde_json::{Value, json};

use super::{in_turns, ratio, under, warm_up};
use crate::arguments::{Arguments, Engine};
use crate::floors;
use crate::report::Report;
use crate::service::Home;

const BAR: f64 = 0.6;

/// Who joins.
pub fn host() -> Value {
    json!({"id": "7", "name": "Hana Host", "email": "hana@example.com", "role": "user", "tz": "Asia/Jakarta", "lang": "en_US"})
}

pub async fn run(arguments: &Arguments, engine: &Engine, report: &mut Report) -> Result<()> {
    let core = arguments.core.unwrap_or(0);
    let home = Home::new(engine, core).await?;
    let service = home.start().await?;
    let settings = json!({"server_url": "https://meet.example.org", "app_id": "omeet", "app_secret": "a secret of thirty-two characters"});
    home.call(&service, "provider.create", json!({"kind": "jitsi", "name": "Ours", "is_default": true, "settings": settings})).await?;
    let meeting = home.call(&service, "meeting.instant", json!({"name": "Joined", "actor": host()})).await?;
    let id = meeting["id"].clone();
    let joins = home.target(&service, "meeting.join", move |_| json!({"id": id, "actor": host()}));
    let (echo, constant) = (floors::start("echo", core).await?, floors::start("hyper", core).await?);
    let mut echoes = joins.clone();
    echoes.address = echo.address.clone();
    let mut constants = joins.clone();
    constants.address = constant.address.clone();
    for connections in [1, 16, 64] {
        warm_up(&[&joins, &echoes, &constants], connections).await?;
        let (ours, theirs) =
            in_turns(arguments.rounds, under(&joins, connections, arguments), under(&echoes, connections, arguments)).await?;
        let bar = if connections == 16 { BAR } else { 0.0 };
        report.load(
            engine.name(),
            &format!("meeting.join as host, {connections} connections"),
            &ours,
            Some((ratio(&ours, &theirs, |round| round.per_second), bar)),
        );
        report.load(engine.name(), &format!("floor: jsonrpsee echo, {connections} connections"), &theirs, None);
    }
    let constant_round = under(&constants, 16, arguments)().await?;
    report.load(engine.name(), "floor: hyper constant, 16 connections", &[constant_round], None);
    service.stop()
}
