//! One HTTP call of a provider: with its token, and within limits.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::answer::{Answer, Trouble, read};
use super::breaker::Breaker;
use super::quota::Counts;
use super::tokens::{Token, Tokens};
use crate::config;
use crate::egress::{self, LazyClient};
use crate::kernel::{Clock, Entropy, Failure, ProviderId, Timestamp};
use crate::traces::{self, Span, SpanKind};

/// Attempts of one call, and the pause after the first; longer waits are the job's.
const ATTEMPTS: u32 = 3;
const PAUSE_MS: i64 = 300;
/// A wait that is worth sitting out; whoever asks for more is called again later.
const SIT_OUT_S: i64 = 2;

/// What every call of a process shares.
pub struct Calls {
    client: LazyClient,
    allow_private: bool,
    breaker: Breaker,
    counts: Counts,
    tokens: Tokens,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Calls {
    /// Nothing was called yet.
    pub fn new(config: &config::Providers, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let (allow_private, timeout) = (config.allow_private_addresses, Duration::from_secs(config.timeout_s));
        Self {
            client: LazyClient::new(move || egress::client(allow_private, timeout)),
            allow_private,
            breaker: Breaker::default(),
            counts: Counts::default(),
            tokens: Tokens::new(),
            clock,
            entropy,
        }
    }

    fn client(&self) -> Result<&Client, Trouble> {
        self.client.get().map_err(|why| Trouble::later(why, false))
    }

    /// What was counted since this was asked last.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Calls in the name of one account. `version` is the account's: with new settings comes a new token.
    pub fn of(self: &Arc<Self>, account: ProviderId, version: i64) -> Caller {
        Caller { calls: self.clone(), account, version }
    }
}

/// Calls in the name of one account.
#[derive(Clone)]
pub struct Caller {
    calls: Arc<Calls>,
    account: ProviderId,
    version: i64,
}

/// What to call.
pub struct Call<'a> {
    /// The verb.
    pub method: Method,
    /// The address.
    pub url: String,
    /// JSON to send.
    pub body: Option<Value>,
    /// Whether it is safe to send it again when its outcome is not known.
    pub again: bool,
    /// Which of the account's tokens: the same word, the same token.
    pub scope: &'static str,
    /// How a token is had.
    pub login: &'a (dyn Login + 'a),
}

/// How a token is had: a form to send, and where to.
pub trait Login: Send + Sync {
    /// The address.
    fn url(&self) -> String;
    /// The form.
    fn form(&self, now: Timestamp) -> Result<Vec<(&'static str, SecretString)>, Failure>;
    /// User and password, where they go into a header.
    fn basic(&self) -> Option<(String, SecretString)> {
        None
    }
    /// What a refusal means, in words that help.
    fn refusal(&self, answer: &Answer) -> String;
    /// Hears what came with a token, such as a newer refresh token.
    fn granted(&self, _answer: &Answer) {}
}

// Whose address it is; there are only these, and stand-ins.
fn provider(url: &str) -> &'static str {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let known = [("zoom.us", "zoom"), ("googleapis.com", "google"), ("microsoft.com", "microsoft")];
    known.iter().find(|(domain, _)| host.ends_with(domain)).map_or("other", |(_, name)| name)
}

fn measure(url: &str, took: Duration, outcome: &Result<Answer, Trouble>) {
    let result = match outcome {
        Ok(answer) if answer.status.is_success() => "ok",
        Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => "throttled",
        Ok(answer) if answer.status.is_server_error() => "failed",
        Ok(_) => "refused",
        Err(_) => "unreachable",
    };
    metrics::histogram!("omeet_provider_call_seconds", "provider" => provider(url)).record(took);
    metrics::counter!("omeet_provider_calls_total", "provider" => provider(url), "result" => result).increment(1);
}

// The path stays out: it may name people, and codes that open something.
fn span(method: &str, url: &str) -> Span {
    Span::lazily(SpanKind::Client, || format!("{method} {}", provider(url)))
        .with("http.request.method", || method.to_owned())
        .with("server.address", || url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default())
}

fn note(outcome: &Result<Answer, Trouble>) {
    match outcome {
        Ok(answer) => {
            traces::note("http.response.status_code", || i64::from(answer.status.as_u16()));
            if !answer.status.is_success() {
                traces::failed(answer.status.as_str());
            }
        }
        Err(trouble) => traces::failed(&trouble.says()),
    }
}

impl Caller {
    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.calls.clock.now()
    }

    /// Makes a call. A token that is refused is renewed once; what is safe to send again is, a little later each time.
    pub async fn call(&self, call: Call<'_>) -> Result<Answer, Trouble> {
        let mut renewed = false;
        let mut attempt = 1;
        loop {
            let outcome = self.once(&call).await;
            match &outcome {
                Ok(answer) if answer.status == StatusCode::UNAUTHORIZED && !renewed => {
                    self.calls.tokens.forget(&(self.account, self.version, call.scope));
                    renewed = true;
                    continue;
                }
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status == StatusCode::SERVICE_UNAVAILABLE => {
                    let after_s = answer.retry_after.as_deref().and_then(|header| egress::retry_after_s(header, self.now()));
                    if answer.status == StatusCode::TOO_MANY_REQUESTS {
                        self.calls.counts.throttled(self.account, self.now());
                    }
                    let sits_out = after_s.is_none_or(|s| s <= SIT_OUT_S) && (call.again || answer.status == StatusCode::TOO_MANY_REQUESTS);
                    if attempt >= ATTEMPTS || !sits_out {
                        let why = format!("it answers {}: {}", answer.status, egress::shorten(&answer.message()));
                        return Err(Trouble::Later { after_s, why, unknown: answer.status != StatusCode::TOO_MANY_REQUESTS });
                    }
                    self.pause(attempt, after_s).await;
                }
                Ok(answer) if answer.status.is_server_error() && call.again && attempt < ATTEMPTS => self.pause(attempt, None).await,
                Err(Trouble::Later { unknown: true, .. }) if call.again && attempt < ATTEMPTS => self.pause(attempt, None).await,
                _ => return outcome,
            }
            attempt += 1;
        }
    }

    async fn pause(&self, attempt: u32, after_s: Option<i64>) {
        let usual = crate::jobs::backoff::jittered(PAUSE_MS << attempt, &*self.calls.entropy);
        let ms = usual.max(after_s.unwrap_or(0) * 1000);
        tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or_default())).await;
    }

    async fn once(&self, call: &Call<'_>) -> Result<Answer, Trouble> {
        self.admitted()?;
        let token = self.token(call.scope, call.login).await?;
        self.send(call.method.clone(), &call.url, Some(token.text.expose_secret()), call.body.as_ref()).await
    }

    /// Makes one call with a token that was made for it, or without one. It is not sent again.
    pub async fn call_with(&self, method: Method, url: &str, bearer: Option<&str>, body: Option<&Value>) -> Result<Answer, Trouble> {
        self.admitted()?;
        self.send(method, url, bearer, body).await
    }

    // Counts the call, unless its provider is left alone now.
    fn admitted(&self) -> Result<(), Trouble> {
        let now = self.now();
        if let Some(wait_s) = self.calls.breaker.wait_s(self.account, now) {
            return Err(Trouble::Later {
                after_s: Some(wait_s),
                why: "it failed again and again and is left alone for a while".to_owned(),
                unknown: false,
            });
        }
        self.calls.counts.called(self.account, now);
        Ok(())
    }

    async fn send(&self, method: Method, url: &str, bearer: Option<&str>, body: Option<&Value>) -> Result<Answer, Trouble> {
        let address = egress::check(url, self.calls.allow_private).map_err(|failure| Trouble::Settings(failure.message().to_owned()))?;
        let span = span(method.as_str(), url);
        let mut request = self.calls.client()?.request(method, address);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let began = std::time::Instant::now();
        let outcome = span.around(self.sent(request)).await;
        measure(url, began.elapsed(), &outcome);
        if outcome.as_ref().map_or(true, |answer| answer.status.is_server_error()) {
            self.calls.counts.failed(self.account, self.now());
        }
        outcome
    }

    async fn sent(&self, request: RequestBuilder) -> Result<Answer, Trouble> {
        let outcome = match egress::caused(request).send().await {
            Ok(response) => read(response).await,
            // Nothing went out when no connection could be made.
            Err(error) => {
                let unknown = !error.is_connect();
                Err(Trouble::later(egress::reason(error), unknown))
            }
        };
        note(&outcome);
        match &outcome {
            Ok(answer) if !answer.status.is_server_error() => self.calls.breaker.succeeded(self.account),
            _ => self.calls.breaker.failed(self.account, self.now()),
        }
        outcome
    }

    /// Gets a token for what is called next.
    pub async fn token_for(&self, login: &dyn Login) -> Result<(), Trouble> {
        self.token("", login).await.map(drop)
    }

    /// The token itself, for who fetches files with it. `scope` as in [`Call`].
    pub async fn bearer(&self, scope: &'static str, login: &dyn Login) -> Result<SecretString, Trouble> {
        Ok(self.token(scope, login).await?.text.clone())
    }

    /// Sends a form without a token.
    pub async fn post_form(&self, url: &str, form: &[(&str, &str)]) -> Result<Value, Trouble> {
        self.send_form(url, form, None).await?.accepted(|_| None)
    }

    async fn token(&self, scope: &'static str, login: &dyn Login) -> Result<Arc<Token>, Trouble> {
        let holder = (self.account, self.version, scope);
        self.calls.tokens.get(holder, || self.now(), async || self.log_in_again_and_again(login).await).await
    }

    async fn log_in_again_and_again(&self, login: &dyn Login) -> Result<Token, Trouble> {
        let mut attempt = 1;
        loop {
            match self.log_in(login).await {
                Err(Trouble::Later { .. }) if attempt < ATTEMPTS => self.pause(attempt, None).await,
                outcome => return outcome,
            }
            attempt += 1;
        }
    }

    async fn send_form(&self, url: &str, form: &[(&str, &str)], basic: Option<(String, SecretString)>) -> Result<Answer, Trouble> {
        let url = egress::check(url, self.calls.allow_private).map_err(|failure| Trouble::Settings(failure.message().to_owned()))?;
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = self.calls.client()?.post(url.clone()).header("content-type", "application/x-www-form-urlencoded").body(body);
        if let Some((user, password)) = basic {
            request = request.basic_auth(user, Some(password.expose_secret()));
        }
        span("POST", url.as_str()).around(self.sent(request)).await
    }

    async fn log_in(&self, login: &dyn Login) -> Result<Token, Trouble> {
        let now = self.now();
        let form = login.form(now).map_err(|failure| Trouble::Settings(failure.message().to_owned()))?;
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.expose_secret())).collect();
        // Asking for a token does nothing else.
        let answer = self.send_form(&login.url(), &form, login.basic()).await.map_err(|trouble| match trouble {
            Trouble::Later { after_s, why, .. } => Trouble::Later { after_s, why, unknown: false },
            other => other,
        })?;
        match answer.status {
            StatusCode::OK => {
                login.granted(&answer);
                Token::read(&answer, now)
            }
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                Err(Trouble::later(format!("the token service answers {status}"), false))
            }
            _ => Err(Trouble::Settings(login.refusal(&answer))),
        }
    }
}
