//! `booking.slots` and the booking page: a month, ten hosts, a thousand busy intervals each.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::warm_up;
use crate::arguments::{Arguments, Engine};
use crate::load;
use crate::process::Process;
use crate::report::{Report, median};
use crate::service::Home;

const HOSTS: usize = 10;
const BUSY: usize = 1000;
const PAGES: usize = 200;

pub async fn run(arguments: &Arguments, engine: &Engine, report: &mut Report) -> Result<()> {
    let home = Home::new(engine, arguments.core.unwrap_or(0)).await?;
    let service = home.start().await?;
    let month = month(&home, &service).await?;
    let link = fill(&home, &service, &month).await?;
    let (id, from) = (link["id"].clone(), month);
    let target =
        home.target(&service, "booking.slots", move |_| json!({"link_id": id, "from": instant(&from, 0), "to": instant(&from, 31 * 1440)}));
    warm_up(&[&target], 1).await?;
    let mut rounds = Vec::new();
    for _ in 0..arguments.rounds {
        rounds.push(load::run(&target, 1, arguments.round()).await?);
    }
    report.load(engine.name(), &format!("booking.slots, a month, {HOSTS} hosts, {BUSY} busy intervals each"), &rounds, None);
    let page_ms = page(&service, &link, &month).await?;
    report.fact(engine.name(), "booking page, the same month: median in ms", format!("{page_ms:.1}"), "< 50");
    Ok(())
}

// The month after the next, by the service's own clock.
async fn month(home: &Home, service: &Process) -> Result<jiff::civil::Date> {
    let meeting = home.call(service, "meeting.instant", json!({})).await?;
    let now: jiff::Timestamp = meeting["start"].as_str().context("start")?.parse()?;
    Ok(now.to_zoned(jiff::tz::TimeZone::UTC).date().checked_add(jiff::Span::new().months(2))?.first_of_month())
}

fn instant(first: &jiff::civil::Date, minute: i64) -> String {
    let at = first.to_datetime(jiff::civil::Time::midnight()) + jiff::SignedDuration::from_mins(minute);
    format!("{at}Z")
}

async fn fill(home: &Home, service: &Process, month: &jiff::civil::Date) -> Result<Value> {
    let hosts: Vec<Value> = (0..HOSTS).map(|host| json!({"id": format!("h{host}"), "name": format!("Host {host}")})).collect();
    let weekly: Value = ["mon", "tue", "wed", "thu", "fri"].map(|day| (day.to_owned(), json!(["08:00-18:00"]))).into_iter().collect();
    let days = 730;
    let link = json!({"title": "Demo", "tz": "Asia/Jakarta", "hosts": hosts, "team": "round_robin", "hours": {"weekly": weekly},
        "durations_min": [30], "increment_min": 15, "horizon_days": days, "max_per_day": 8});
    let link = home.call(service, "booking.link.create", link).await?;
    let at = |minute: usize| instant(month, i64::try_from(minute).unwrap_or(0));
    for host in 0..HOSTS {
        // Every 44 minutes ten minutes, each host a little later: a month is full of them.
        let busy = |n: usize| json!({"key": n.to_string(), "start": at(n * 44 + host * 3), "end": at(n * 44 + host * 3 + 10)});
        let intervals: Vec<Value> = (0..BUSY).map(busy).collect();
        home.call(service, "availability.put", json!({"user": format!("h{host}"), "intervals": intervals})).await?;
    }
    Ok(link)
}

async fn page(service: &Process, link: &Value, month: &jiff::civil::Date) -> Result<f64> {
    let path = link["url"].as_str().context("url")?.splitn(4, '/').nth(3).context("path")?.to_owned();
    let url = format!("http://{}/{path}?tz=Asia/Tokyo&month={}", service.address, month.strftime("%Y-%m"));
    let client = reqwest::Client::builder().build()?;
    let mut took = Vec::new();
    for _ in 0..PAGES {
        let began = Instant::now();
        let answer = client.get(&url).send().await?;
        ensure!(answer.status() == 200, "the page answered {}", answer.status());
        answer.bytes().await?;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(took))
}
