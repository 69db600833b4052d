//! From a decision to what a client needs: the provider's room, a token for exactly this person, room and time.

use std::sync::Arc;

use serde_json::Value;

use super::{Joining, Visitor};
use crate::join::answer::{JoinAnswer, Place, UserInfo, Visit, answer};
use crate::join::decision::JoinRole;
use crate::join::kinds;
use crate::kernel::failure::{Failure, INTERNAL};
use crate::kernel::{OrgId, ProviderId, Timestamp};
use crate::meetings::{Meeting, RecordingBy, Room};
use crate::providers::accounts::settings::Settings;
use crate::providers::jitsi::RoomName;
use crate::providers::jitsi::token::{Grant, MintedToken, Permissions, Person};
use crate::providers::{self, Resolved};

/// How a browser gets into the call.
#[derive(Debug, Clone)]
pub(in crate::join) enum Way {
    /// Inside our page, by this script of the provider.
    Embed(String),
    /// As a page of its own on this server.
    Leave(String),
}

type Shown = (Option<String>, Option<String>);

impl Joining {
    /// The account a meeting takes place with.
    pub(in crate::join) async fn resolved(&self, org: OrgId, provider: Option<ProviderId>) -> Result<Arc<Resolved>, Failure> {
        let (place, now) = ((org, provider), self.meetings.db().clock().now());
        if let Some(resolved) = self.resolved.get(&place, now) {
            return Ok(resolved);
        }
        Box::pin(self.resolve(place, now)).await
    }

    async fn resolve(&self, place: (OrgId, Option<ProviderId>), now: Timestamp) -> Result<Arc<Resolved>, Failure> {
        let token = self.resolved.begin_read();
        let mut tx = self.meetings.db().reader().await?;
        let resolved = providers::resolve(&mut tx, self.meetings.sealer(), place.0, place.1, &self.jitsi).await?;
        self.resolved.keep(place, resolved.clone(), now, token);
        Ok(resolved)
    }

    /// Everything to enter with.
    pub(super) async fn mint(
        &self,
        room: &Room,
        visitor: &Visitor,
        shown: Shown,
        role: JoinRole,
        bypasses_lobby: bool,
    ) -> Result<JoinAnswer, Failure> {
        let meeting = &room.meeting;
        let resolved = self.resolved(meeting.org_id, meeting.provider_id).await?;
        let (is_moderator, now) = (role == JoinRole::Moderator, self.meetings.db().clock().now());
        let may_record = is_moderator && resolved.capabilities.recording && may_record(meeting, visitor, room);
        let expires = self.expires(meeting, now);
        let grant = Grant {
            room: RoomName::new(&meeting.room_name)?,
            person: Person { id: visitor.stable_id(), name: shown.0.clone(), email: shown.1.clone(), avatar: None },
            is_moderator,
            permissions: Permissions { record: may_record, stream: false, transcribe: may_record, call: false },
            lobby_bypass: bypasses_lobby,
            not_before: now,
            expires,
        };
        let token = resolved.mint(&grant)?;
        answer(Visit {
            expires_at: token.as_ref().map(|_| expires),
            place: self.place(&resolved, meeting, grant.room, token).await?,
            provider: resolved.kind().name().to_owned(),
            user_info: UserInfo { display_name: shown.0, email: shown.1, avatar: None },
            is_moderator,
            subject: meeting.name.clone(),
            may_record,
            prejoin: true,
        })
    }

    // The meeting's window, capped; a host who comes very early still gets a few minutes.
    fn expires(&self, meeting: &Meeting, now: Timestamp) -> Timestamp {
        meeting.closes_at().min(now.plus_secs(i64::from(self.token_max_h) * 3600)).max(now.plus_min(5))
    }

    /// How a browser gets into the call of `room`.
    pub(in crate::join) async fn way(&self, room: &Room) -> Result<Way, Failure> {
        let resolved = self.resolved(room.meeting.org_id, room.meeting.provider_id).await?;
        Ok(match &resolved.settings {
            Settings::Jitsi(jitsi) if resolved.capabilities.embeds => {
                Way::Embed(format!("{}/external_api.js", jitsi.server_url.trim_end_matches('/')))
            }
            Settings::Jitsi(jitsi) => Way::Leave(jitsi.server_url.clone()),
            Settings::Jaas(jaas) => Way::Embed(format!("https://8x8.vc/{}/external_api.js", jaas.app_id)),
            Settings::Url(url) => Way::Leave(url.template.split(['{', '?', '#']).next().unwrap_or_default().to_owned()),
            Settings::Zoom(_) | Settings::GoogleMeet(_) | Settings::Teams(_) => {
                Way::Leave(Box::pin(self.link(&resolved, &room.meeting)).await?)
            }
        })
    }

    /// Whether the provider still has to make the call before anybody can enter.
    pub(in crate::join) async fn awaits_link(&self, room: &Room) -> Result<bool, Failure> {
        let resolved = self.resolved(room.meeting.org_id, room.meeting.provider_id).await?;
        Ok(resolved.capabilities.needs_call && self.found_link(&resolved, &room.meeting).await?.is_none())
    }

    async fn found_link(&self, resolved: &Resolved, meeting: &Meeting) -> Result<Option<String>, Failure> {
        let Some(provider) = resolved.id else { return Ok(None) };
        let mut tx = self.meetings.db().reader().await?;
        providers::links::join_link(&mut tx, self.meetings.sealer(), meeting.org_id, meeting.id, provider).await
    }

    /// The link of a meeting that its provider made. One that is missing is asked for once more: its account may have become
    /// the organization's default only now.
    async fn link(&self, resolved: &Resolved, meeting: &Meeting) -> Result<String, Failure> {
        if let Some(link) = self.found_link(resolved, meeting).await? {
            return Ok(link);
        }
        if meeting.link_state.as_deref() == Some(providers::links::LinkState::Failed.name()) {
            return Err(Failure::from(&kinds::NO_LINK));
        }
        if meeting.link_state.is_none() {
            let (org, id) = (meeting.org_id, meeting.id);
            self.meetings.db().unit(move |tx| Box::pin(providers::links::sync(tx, org, id))).await?;
        }
        Err(kinds::WAITING.because("The call is being set up at the provider").with("why", "link").with("until", Value::Null))
    }

    async fn place(&self, resolved: &Resolved, meeting: &Meeting, room: RoomName, token: Option<MintedToken>) -> Result<Place, Failure> {
        Ok(match &resolved.settings {
            Settings::Jitsi(jitsi) => {
                Place::Jitsi { server_url: jitsi.server_url.clone(), room, token, token_in_query: resolved.token_in_query() }
            }
            Settings::Jaas(jaas) => Place::Jaas { app_id: jaas.app_id.clone(), room, token: token.ok_or(&INTERNAL)? },
            Settings::Url(url) => Place::Template { template: url.template.clone(), room: meeting.room_name.clone() },
            Settings::Zoom(_) | Settings::GoogleMeet(_) | Settings::Teams(_) => {
                Place::Link { url: Box::pin(self.link(resolved, meeting)).await? }
            }
        })
    }
}

// Only moderators record; whether co-hosts do is the meeting's choice.
fn may_record(meeting: &Meeting, visitor: &Visitor, room: &Room) -> bool {
    use crate::join::decision::Standing;
    use crate::meetings::ParticipantRole;
    let is_host = match visitor.standing(room) {
        Standing::Host | Standing::ManagerWhoHosts => true,
        Standing::PersonalLink { .. } => matches!(visitor, Visitor::Ticket(person) if person.role == ParticipantRole::Host),
        Standing::CoHost | Standing::InvitedUser | Standing::OtherUser | Standing::Guest => false,
    };
    match meeting.recording_by {
        RecordingBy::Nobody => false,
        RecordingBy::Host => is_host,
        RecordingBy::Moderators => true,
    }
}
