//! What a call answers, and what that means.

use std::fmt;

use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::egress;

const MAX_BYTES: usize = 2 << 20;

/// Why a call did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Not now; trying again later may help.
    Later {
        /// After so many seconds, if that is known.
        after_s: Option<i64>,
        /// For people.
        why: String,
        /// Whether the call may have done its work all the same.
        unknown: bool,
    },
    /// It is being made, and will be there in a moment.
    Pending,
    /// What it is about is not there.
    Missing,
    /// The account's settings or rights have to change first.
    Settings(String),
    /// The provider does not take what it was sent.
    Refused(String),
}

impl Trouble {
    pub(super) fn later(why: impl Into<String>, unknown: bool) -> Self {
        Self::Later { after_s: None, why: why.into(), unknown }
    }

    /// For people.
    pub fn says(&self) -> String {
        match self {
            Self::Later { why, .. } | Self::Settings(why) | Self::Refused(why) => why.clone(),
            Self::Pending => "it is being made".to_owned(),
            Self::Missing => "it is not there".to_owned(),
        }
    }
}

/// What a call answered.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body; null when it is empty or no JSON.
    pub body: Value,
    /// When to come again, as it was written.
    pub(super) retry_after: Option<String>,
}

// Answers hold links and tokens.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Answer {
    /// The body when the call succeeded, else what `judge` makes of it.
    pub fn accepted(self, judge: fn(&Self) -> Option<Trouble>) -> Result<Value, Trouble> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        Err(judge(&self).unwrap_or_else(|| self.usual()))
    }

    /// What a status means everywhere.
    fn usual(&self) -> Trouble {
        let why = format!("it answers {}: {}", self.status, egress::shorten(&self.message()));
        match self.status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Trouble::Missing,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Trouble::Settings(why),
            StatusCode::TOO_MANY_REQUESTS => Trouble::Later { after_s: None, why, unknown: false },
            StatusCode::REQUEST_TIMEOUT => Trouble::later(why, true),
            status if status.is_server_error() => Trouble::later(why, true),
            _ => Trouble::Refused(why),
        }
    }

    /// What the provider says went wrong, wherever it says it.
    pub fn message(&self) -> String {
        let places = ["/message", "/error/message", "/error_description", "/reason", "/error"];
        places.iter().find_map(|place| self.body.pointer(place)?.as_str()).unwrap_or_default().to_owned()
    }
}

/// Reads an answer, as much of it as is reasonable.
pub(super) async fn read(mut response: Response) -> Result<Answer, Trouble> {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() <= MAX_BYTES => bytes.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(Trouble::later("its answer is too long", true)),
            Ok(None) => break,
            Err(error) => return Err(Trouble::later(egress::reason(error), true)),
        }
    }
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    if status.is_success() && body.is_null() && !bytes.is_empty() {
        return Err(Trouble::later("its answer is no JSON", true));
    }
    Ok(Answer { status, body, retry_after })
}
