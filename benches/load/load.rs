//! The load generator: keep-alive HTTP/1.1 with as little work of its own as possible.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Makes the body of the n-th request.
pub type Bodies = Arc<dyn Fn(u64) -> String + Send + Sync>;

/// Whom to ask, and what.
#[derive(Clone)]
pub struct Target {
    pub address: String,
    pub key: String,
    pub bodies: Bodies,
}

/// What one round measured.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    pub per_second: f64,
    pub p50_us: f64,
    pub p99_us: f64,
}

impl Round {
    /// From the latencies of a round in microseconds.
    pub fn of(mut latencies: Vec<u32>, took: Duration) -> Result<Self> {
        ensure!(!latencies.is_empty(), "no answer at all");
        latencies.sort_unstable();
        let at = |share: f64| f64::from(latencies[((latencies.len() - 1) as f64 * share) as usize]);
        Ok(Self { per_second: latencies.len() as f64 / took.as_secs_f64(), p50_us: at(0.5), p99_us: at(0.99) })
    }
}

/// Keeps `connections` busy for `time`; every answer must be a result.
pub async fn run(target: &Target, connections: usize, time: Duration) -> Result<Round> {
    static NUMBERS: AtomicU64 = AtomicU64::new(0);
    let (began, mut workers) = (Instant::now(), JoinSet::new());
    for _ in 0..connections {
        workers.spawn(worker(target.clone(), &NUMBERS, began + time));
    }
    let mut latencies = Vec::new();
    while let Some(done) = workers.join_next().await {
        latencies.extend(done??);
    }
    Round::of(latencies, began.elapsed())
}

async fn worker(target: Target, numbers: &'static AtomicU64, until: Instant) -> Result<Vec<u32>> {
    let mut stream = TcpStream::connect(&target.address).await?;
    stream.set_nodelay(true)?;
    let (mut latencies, mut buffer) = (Vec::with_capacity(1 << 16), Vec::with_capacity(1 << 16));
    while Instant::now() < until {
        let request = post(&target, &(target.bodies)(numbers.fetch_add(1, Ordering::Relaxed)));
        let sent = Instant::now();
        let status = exchange(&mut stream, request.as_bytes(), &mut buffer).await?;
        latencies.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
        ensure!(status == 200 && has(&buffer, b"\"result\":"), "status {status}: {}", String::from_utf8_lossy(&buffer));
    }
    Ok(latencies)
}

fn post(target: &Target, body: &str) -> String {
    let Target { address, key, .. } = target;
    let length = body.len();
    format!(
        "POST /rpc HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// One request and its whole answer; leaves the body in `buffer` and returns the status.
pub async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> Result<u16> {
    stream.write_all(request).await?;
    buffer.clear();
    let head = loop {
        ensure!(stream.read_buf(buffer).await? > 0, "the connection was closed");
        if let Some(at) = find(buffer, b"\r\n\r\n") {
            break at + 4;
        }
    };
    let (status, length) = read_head(&buffer[..head])?;
    while buffer.len() < head + length {
        ensure!(stream.read_buf(buffer).await? > 0, "the connection was closed");
    }
    buffer.drain(..head);
    Ok(status)
}

fn read_head(head: &[u8]) -> Result<(u16, usize)> {
    let text = std::str::from_utf8(head)?;
    let status = text.split(' ').nth(1).context("status")?.parse()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Ok((status, length.unwrap_or(0)))
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn has(text: &[u8], part: &[u8]) -> bool {
    find(&text[..text.len().min(200)], part).is_some()
}

/// One call outside the measurement.
pub async fn call(target: &Target, body: String) -> Result<serde_json::Value> {
    let mut stream = TcpStream::connect(&target.address).await?;
    let mut buffer = Vec::new();
    exchange(&mut stream, post(target, &body).as_bytes(), &mut buffer).await?;
    let answer: serde_json::Value = serde_json::from_slice(&buffer)?;
    ensure!(answer.get("result").is_some(), "{answer}");
    Ok(answer["result"].clone())
}
