//! What a host's personal link shows besides: who waits, and a word about each.

use axum::extract::{Form, Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::Pages;
use super::respond::{Asking, CodeAndSecret};
use super::visit::{Visit, visit};
use crate::join::decision::Decision;
use crate::join::lobby::{EntryState, EntryView};
use crate::kernel::LobbyEntryId;
use crate::kernel::failure::{FORBIDDEN, Failure};
use crate::web::pages::{HostPanel, HostPanelStatus, WaitingGuest};

/// A host's word about somebody.
#[derive(Debug, Deserialize)]
pub(super) struct Word {
    entry: LobbyEntryId,
    decision: Spoken,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Spoken {
    Admit,
    Refuse,
}

impl Pages {
    /// The panel above the button of a host.
    pub(super) async fn panel(&self, asking: &Asking, visit: &Visit) -> Option<HostPanel> {
        let waiting = self.guests(asking, visit).await.ok()?;
        Some(HostPanel { waiting, poll_url: format!("{}/lobby", visit.path), action_url: format!("{}/lobby{}", visit.path, asking.query) })
    }

    async fn guests(&self, asking: &Asking, visit: &Visit) -> Result<Vec<WaitingGuest>, Failure> {
        self.hosts(visit).await?;
        let ctx = self.ctx(asking, &visit.room, Some(&visit.visitor));
        let entries = self.joining.who_waits(&ctx, visit.room.meeting.id).await?;
        Ok(entries.into_iter().map(|EntryView { id, name, .. }| WaitingGuest { id: id.to_string(), name }).collect())
    }

    // A host of a meeting that is over has nobody to let in.
    async fn hosts(&self, visit: &Visit) -> Result<(), Failure> {
        let hosts = visit.visitor.standing(&visit.room).hosts() && matches!(self.decision(visit).await?, Decision::Admit { .. });
        if hosts { Ok(()) } else { Err(Failure::from(&FORBIDDEN)) }
    }

    async fn status_of_lobby(&self, asking: &Asking, visit: &Visit) -> Response {
        match self.guests(asking, visit).await {
            Ok(waiting) => self.json(&HostPanelStatus { waiting }),
            Err(failure) => self.failed(asking, None, &failure),
        }
    }
}

pub(super) async fn waiting(State(pages): State<Pages>, asking: Asking, Path((code, ticket)): CodeAndSecret) -> Response {
    let visit = visit!(pages.holder_visit(&asking, &code, &ticket).await);
    pages.status_of_lobby(&asking, &visit).await
}

pub(super) async fn decide(
    State(pages): State<Pages>,
    asking: Asking,
    Path((code, ticket)): CodeAndSecret,
    Form(word): Form<Word>,
) -> Response {
    let visit = visit!(pages.holder_visit(&asking, &code, &ticket).await);
    if let Err(failure) = pages.hosts(&visit).await {
        return pages.failed(&asking, None, &failure);
    }
    let state = match word.decision {
        Spoken::Admit => EntryState::Admitted,
        Spoken::Refuse => EntryState::Refused,
    };
    let ctx = pages.ctx(&asking, &visit.room, Some(&visit.visitor));
    match pages.joining.speak(&ctx, visit.room.meeting.id, word.entry, state).await {
        Err(failure) => pages.failed(&asking, None, &failure),
        Ok(_) if asking.wants_json => pages.status_of_lobby(&asking, &visit).await,
        Ok(_) => pages.see_other(&format!("{}{}", visit.path, asking.query)),
    }
}
