//! Busy time of connected calendars, again and again.

use super::grant::Grant;
use super::model::{Connection, ConnectionState, Span, merged, without};
use super::{Connections, publication_store as publications, store};
use crate::booking::availability::{self, Busy};
use crate::db::Tx;
use crate::kernel::{ConnectionId, Ctx, Failure, ProviderId};
use crate::providers::calls::{Caller, Trouble};

const AT_A_TIME: u32 = 8;
/// Both providers answer about two months at a time only.
const WINDOW_MIN: i64 = 60 * 24 * 60;
/// A wait that is asked for is believed up to a day.
const LONGEST_S: i64 = 86_400;

impl Connections {
    pub(super) fn caller(&self, id: ConnectionId, version: i64) -> Caller {
        self.calls.of(ProviderId::from(uuid::Uuid::from(id)), version)
    }

    /// Tokens of a connection.
    pub(super) fn grant(&self, of: &Connection) -> Result<Grant, Failure> {
        let refresh_token = self.meetings.sealer().open(&store::tokens(of.id), &of.tokens)?;
        Ok(Grant::by_refreshing(of.kind, self.calendar(of.kind).token_url(), &self.client(of.kind)?, refresh_token))
    }

    /// What a connection is called with.
    pub(super) fn way(&self, of: &Connection) -> Result<(Caller, Grant), Failure> {
        Ok((self.caller(of.id, of.version), self.grant(of)?))
    }

    /// Keeps what came with a token, or notes that there is none any more.
    pub(super) async fn settle(&self, of: &Connection, grant: &Grant) -> Result<(), Failure> {
        let given = grant.given();
        if let Some(newer) = given.refresh_token {
            self.rotate(of, newer).await?;
        }
        match given.lost {
            Some(why) => self.lose(of, why).await,
            None => Ok(()),
        }
    }

    /// Reads what is due; several processes share the work.
    pub(super) async fn read_due(&self) -> Result<(), Failure> {
        let every_min = i64::from(self.config.every_min);
        let claim = async move |tx: &mut Tx| {
            let next = tx.now().plus_min(every_min);
            store::claim_due(tx, next, AT_A_TIME).await
        };
        let due = self.meetings.db().unit(move |tx| Box::pin(async move { claim(tx).await })).await?;
        let reading = due.into_iter().map(|of| async move {
            let outcome = self.look(&of).await;
            self.note(of, outcome).await
        });
        futures_util::future::join_all(reading).await.into_iter().collect()
    }

    async fn look(&self, of: &Connection) -> Result<Vec<Span>, Trouble> {
        let ours = |failure: Failure| Trouble::Settings(failure.message().to_owned());
        let (caller, grant) = self.way(of).map_err(ours)?;
        let spans = self.look_with(of, &caller, &grant).await;
        self.settle(of, &grant).await.map_err(ours)?;
        spans
    }

    async fn look_with(&self, of: &Connection, caller: &Caller, grant: &Grant) -> Result<Vec<Span>, Trouble> {
        let (mut spans, mut from) = (Vec::new(), caller.now().plus_min(-24 * 60));
        let end = from.plus_min(i64::from(self.config.ahead_days) * 24 * 60);
        while from < end {
            let to = from.plus_min(WINDOW_MIN).min(end);
            spans.extend(self.calendar(of.kind).busy(caller, grant, &of.account, (from, to)).await?);
            from = to;
        }
        Ok(merged(spans))
    }

    async fn rotate(&self, of: &Connection, newer: secrecy::SecretString) -> Result<(), Failure> {
        use secrecy::ExposeSecret as _;
        let tokens = self.meetings.sealer().seal(&store::tokens(of.id), newer.expose_secret())?;
        let of = of.clone();
        self.meetings.db().unit(move |tx| Box::pin(async move { store::rotate(tx, &of, tokens).await })).await
    }

    async fn lose(&self, of: &Connection, why: String) -> Result<(), Failure> {
        let (connections, of) = (self.clone(), of.clone());
        let unit = async move |tx: &mut Tx| {
            let now = store::find(tx, of.org_id, of.id).await?.filter(|now| now.version == of.version);
            if now.is_none_or(|now| now.state != ConnectionState::Connected) {
                return Ok(());
            }
            store::set_state(tx, of.org_id, of.id, ConnectionState::Lost).await?;
            store::note_error(tx, &of, &why).await?;
            let ctx = Ctx::system(of.org_id, "calendars".to_owned());
            connections.announce(tx, &ctx, of.id, "calendar.connection.lose").await.map(drop)
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    // What was read before stays until something newer was.
    async fn note(&self, of: Connection, outcome: Result<Vec<Span>, Trouble>) -> Result<(), Failure> {
        let unit = async move |tx: &mut Tx| {
            let still = store::find(tx, of.org_id, of.id).await?.filter(|now| now.state != ConnectionState::Leaving);
            if still.is_none() {
                return Ok(());
            }
            match outcome {
                Ok(spans) => {
                    let own = publications::spans(tx, of.org_id, of.id).await?;
                    let spans = without(spans, &own);
                    let rows: Vec<Busy> = spans.into_iter().map(|span| row(tx, &of, span)).collect();
                    availability::replace_of_connection(tx, of.org_id, of.id, &rows).await?;
                    store::note(tx, &of, i64::try_from(rows.len()).unwrap_or(i64::MAX)).await
                }
                Err(trouble) => {
                    if let Trouble::Later { after_s: Some(after_s), .. } = &trouble {
                        let at = tx.now().plus_secs((*after_s).clamp(1, LONGEST_S));
                        store::read_next_at(tx, of.org_id, of.id, at).await?;
                    }
                    store::note_error(tx, &of, &trouble.says()).await
                }
            }
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }
}

fn row(tx: &Tx, of: &Connection, span: Span) -> Busy {
    Busy {
        id: tx.new_id(),
        user_id: of.user_id,
        source_id: None,
        connection_id: Some(of.id),
        external_key: format!("cal:{}/{}", of.id, span.start.ms()),
        title: of.kind.title().to_owned(),
        start: span.start,
        end: span.end,
    }
}
