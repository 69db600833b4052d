//! Access tokens, until they end.

use std::sync::Arc;

use quick_cache::sync::Cache;
use secrecy::SecretString;
use tokio::sync::Mutex;

use super::answer::{Answer, Trouble};
use crate::kernel::{ProviderId, Timestamp};

/// Tokens that are kept; others are asked for again.
const KEPT: usize = 1000;
/// Tokens are renewed this long before they end, so that none ends on its way.
const EARLY_S: i64 = 300;

/// Whose token it is: account, its version, scope.
pub(super) type Holder = (ProviderId, i64, &'static str);

/// One of them.
pub(super) struct Token {
    pub text: SecretString,
    renew_at: Timestamp,
}

/// Those of all accounts.
pub(super) struct Tokens {
    kept: Cache<Holder, Arc<Token>>,
    asking: Cache<Holder, Arc<Mutex<()>>>,
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self { kept: Cache::new(KEPT), asking: Cache::new(KEPT) }
    }

    /// The token of `holder`, or what `ask` gets. One at a time asks for the same one, and the others find it; nobody waits for another
    /// account's.
    pub(super) async fn get(
        &self,
        holder: Holder,
        now: impl Fn() -> Timestamp,
        ask: impl AsyncFnOnce() -> Result<Token, Trouble>,
    ) -> Result<Arc<Token>, Trouble> {
        let fresh = || self.kept.get(&holder).filter(|token| now() < token.renew_at);
        if let Some(token) = fresh() {
            return Ok(token);
        }
        let turn = self.asking.get_or_insert_with(&holder, || Ok::<_, Trouble>(Arc::default()))?;
        let _mine = turn.lock().await;
        if let Some(token) = fresh() {
            return Ok(token);
        }
        let token = Arc::new(ask().await?);
        self.kept.insert(holder, token.clone());
        Ok(token)
    }

    /// It was refused.
    pub(super) fn forget(&self, holder: &Holder) {
        self.kept.remove(holder);
    }
}

impl Token {
    /// What the token service answered at `now` (RFC 6749 section 5.1).
    pub(super) fn read(answer: &Answer, now: Timestamp) -> Result<Self, Trouble> {
        let text = answer.body["access_token"].as_str();
        let text = text.ok_or_else(|| Trouble::later("the token service answers without a token", false))?;
        let life_s = answer.body["expires_in"].as_i64().unwrap_or(3600).clamp(1, 86_400);
        // A token that lives for a short time only is renewed at the middle of it.
        Ok(Self { text: text.to_owned().into(), renew_at: now.plus_secs((life_s - EARLY_S).max(life_s / 2)) })
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn holder(number: u128) -> Holder {
        (ProviderId::from(uuid::Uuid::from_u128(number)), 1, "")
    }

    fn token(text: &str) -> Token {
        Token { text: text.to_owned().into(), renew_at: Timestamp::from_secs(10) }
    }

    // S14: whoever's token service hangs, the tokens of all others are had.
    #[tokio::test]
    async fn nobody_waits_for_the_token_of_another_account() {
        let tokens = Tokens::new();
        let now = || Timestamp::from_secs(1);
        let hangs = tokens.get(holder(1), now, async || pending().await);
        let other = async {
            tokio::task::yield_now().await;
            tokens.get(holder(2), now, async || Ok(token("theirs"))).await
        };
        let others = tokio::time::timeout(Duration::from_secs(5), async {
            tokio::select! { _ = hangs => None, got = other => Some(got) }
        });
        assert_eq!(others.await.unwrap().unwrap().unwrap().text.expose_secret(), "theirs");
    }

    #[tokio::test]
    async fn those_who_want_the_same_ask_once() {
        let (tokens, asked) = (Tokens::new(), std::sync::atomic::AtomicUsize::new(0));
        let get = || {
            tokens.get(
                holder(1),
                || Timestamp::from_secs(1),
                async || {
                    asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Ok(token("one"))
                },
            )
        };
        let (first, second) = tokio::join!(get(), get());
        assert!(Arc::ptr_eq(&first.unwrap(), &second.unwrap()));
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);
    }
}
