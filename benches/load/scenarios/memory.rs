//! Resident memory, idle and with subscribers, and the time from start to ready.

use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::lists::seeded;
use crate::arguments::{Arguments, Engine};
use crate::load;
use crate::process::Process;
use crate::report::{Report, median};
use crate::service::Home;

const SUBSCRIBERS: usize = 500;
const STARTS: usize = 7;

type Subscriber = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub async fn run(arguments: &Arguments, engine: &Engine, report: &mut Report) -> Result<()> {
    let core = arguments.core.unwrap_or(0);
    let home = Home::new(engine, core).await?;
    let idle = home.start().await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    report.fact(engine.name(), "resident, idle, MiB", format!("{:.1}", idle.resident_mib()?), "< 25");
    idle.stop()?;
    let (home, service) = seeded(engine, core, arguments.large).await?;
    service.stop()?;
    start_to_ready(&home, engine, arguments, report).await?;
    with_subscribers(&home, engine, arguments, report).await
}

async fn start_to_ready(home: &Home, engine: &Engine, arguments: &Arguments, report: &mut Report) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let process = home.start().await?;
        times.push(process.ready_after.as_secs_f64() * 1000.0);
        process.stop()?;
    }
    report.fact(engine.name(), &format!("start to ready, {} meetings, ms", arguments.large), format!("{:.0}", median(times)), "< 150");
    Ok(())
}

async fn with_subscribers(home: &Home, engine: &Engine, arguments: &Arguments, report: &mut Report) -> Result<()> {
    let service = home.start().await?;
    let mut subscribers = Vec::new();
    for _ in 0..SUBSCRIBERS {
        subscribers.push(subscribe(home, &service).await?);
    }
    let lists = home.target(&service, "meeting.list", |_| json!({"limit": 50}));
    load::run(&lists, 16, Duration::from_secs(2)).await?;
    home.call(&service, "meeting.create", json!({"name": "Pushed", "start": "2031-01-01T09:00:00Z"})).await?;
    for subscriber in &mut subscribers {
        next_text(subscriber).await.context("every subscriber gets the event")?;
    }
    let what = format!("resident, {} meetings, {SUBSCRIBERS} subscribers, after lists, MiB", arguments.large);
    report.fact(engine.name(), &what, format!("{:.1}", service.resident_mib()?), "< 120");
    Ok(())
}

async fn subscribe(home: &Home, service: &Process) -> Result<Subscriber> {
    let mut request = format!("ws://{}/rpc", service.address).into_client_request()?;
    request.headers_mut().insert("authorization", format!("Bearer {}", home.key).parse()?);
    let (mut socket, _) = connect_async(request).await?;
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "event.subscribe", "params": {}});
    socket.send(Message::text(call.to_string())).await?;
    next_text(&mut socket).await?;
    Ok(socket)
}

async fn next_text(socket: &mut Subscriber) -> Result<String> {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(10), socket.next()).await?.context("closed")??;
        if let Message::Text(text) = message {
            return Ok(text.to_string());
        }
    }
}
