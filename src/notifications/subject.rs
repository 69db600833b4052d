//! What is told about: a meeting, or a whole series.

use super::letters::{Locale, Matter, Reader, Tells};
use super::{Notifications, store};
use crate::calendar::entry::{self, Sender};
use crate::calendar::ics::Event;
use crate::db::Tx;
use crate::kernel::{Ctx, Failure, MeetingId, OrgId, SeriesId};
use crate::meetings::{self, MeetingView, State};
use crate::rooms::{self, occupancy};

/// What is to be told about: a meeting, or a whole series by its next meeting.
pub(super) struct Subject {
    pub name: String,
    pub view: Option<MeetingView>,
    pub events: Vec<Event>,
    room: Option<(String, String)>,
    sender: Sender,
}

impl Notifications {
    /// A meeting, whoever may see it; none when it was deleted.
    pub(super) async fn view(&self, tx: &mut Tx, org: OrgId, id: MeetingId) -> Result<Option<MeetingView>, Failure> {
        match self.meetings.get_in(tx, &Ctx::system(org, "notifications".to_owned()), id).await {
            Ok(view) => Ok(Some(view)),
            Err(failure) if failure.kind() == &meetings::NOT_FOUND => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    // Meetings of a series with a rule are told with it.
    pub(super) async fn subject(&self, tx: &mut Tx, org: OrgId, subject: &str) -> Result<Option<Subject>, Failure> {
        if let Ok(series) = subject.parse() {
            return if store::series_rule(tx, org, series).await?.is_some() {
                self.whole(tx, org, series).await.map(Some)
            } else {
                Ok(None)
            };
        }
        let Ok(id) = subject.parse() else { return Ok(None) };
        store::hold_meeting(tx, org, id).await?;
        let view = self.view(tx, org, id).await?;
        if let Some(series) = view.as_ref().and_then(|view| view.series_id)
            && store::series_rule(tx, org, series).await?.is_some()
        {
            return Ok(None);
        }
        let events = view.iter().map(|view| entry::of_meeting(view, &self.sender)).collect();
        self.about(tx, org, id.to_string(), view, events).await.map(Some)
    }

    async fn whole(&self, tx: &mut Tx, org: OrgId, series: SeriesId) -> Result<Subject, Failure> {
        let ctx = Ctx::system(org, "notifications".to_owned());
        let whole = self.meetings.series_in(tx, org, series).await?;
        let views = self.meetings.of_series_in(tx, &ctx, &whole).await?;
        let (now, lives) = (tx.now(), |view: &&MeetingView| matches!(view.state, State::Ready | State::Started));
        let next = views.iter().filter(lives).find(|view| view.end > now).or(views.iter().rfind(lives)).or(views.last()).cloned();
        let events = entry::of_series(&whole, &views, &self.sender);
        self.about(tx, org, series.to_string(), next, events).await
    }

    async fn about(
        &self,
        tx: &mut Tx,
        org: OrgId,
        name: String,
        view: Option<MeetingView>,
        events: Vec<Event>,
    ) -> Result<Subject, Failure> {
        let room = match &view {
            Some(view) => room_of(tx, org, view.id).await?,
            None => None,
        };
        Ok(Subject { name, view, events, room, sender: self.sender.clone() })
    }
}

/// Name and zone of the room of a meeting.
pub(super) async fn room_of(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<Option<(String, String)>, Failure> {
    let Some(id) = occupancy::room_of(tx, org, meeting).await? else { return Ok(None) };
    Ok(rooms::find(tx, org, id).await?.map(|room| (room.name, room.tz)))
}

pub(super) fn matter<'m>(subject: &'m Subject, tells: Tells, events: &'m [Event], readers: &'m [Reader], locale: &'m Locale) -> Matter<'m> {
    let kind = if subject.name.starts_with("ser_") { "series" } else { "meeting" };
    Matter {
        tells,
        view: subject.view.as_ref(),
        events,
        readers,
        room: subject.room.as_ref(),
        sender: &subject.sender,
        organization_tz: &locale.tz,
        related: (kind, subject.name.clone()),
    }
}
