//! Use-cases of series.

use jiff::tz::TimeZone;
use serde_json::json;
use sqlx::types::Json;

use super::super::input::{MeetingChange, NewMeeting};
use super::super::model::Meeting;
use super::super::series::{self, NewSeries, Occurrence, Rule, Series, SeriesView, store as series_store};
use super::super::state::State;
use super::super::{NOT_FOUND, people_store};
use super::{Held, Meetings};
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::jobs::worker::complain;
use crate::kernel::failure::{Failure, invalid};
use crate::kernel::{Ctx, OrgId, SeriesId, Timestamp, code, text};
use crate::providers::links;

const DAY_MIN: i64 = 24 * 60;
/// Series that are brought up to the horizon in one go.
const BATCH: u32 = 20;

/// Puts a new meeting into the series of its key, which is made when it is the first.
pub(super) async fn attach(tx: &mut Tx, held: &mut Held, same_link: bool) -> Result<(), Failure> {
    let Some(key) = held.meeting.series_key.clone() else { return Ok(()) };
    let fresh = fresh(tx, &held.meeting, key.clone(), same_link);
    series_store::ensure(tx, &fresh).await?;
    let series = series_store::find_by_key(tx, held.meeting.org_id, &key).await?.ok_or(&series::NOT_FOUND)?;
    enter(tx, held, &series, held.meeting.start, same_link).await
}

/// Moves a meeting to the series of another key, or to none.
pub(super) async fn rejoin(tx: &mut Tx, held: &mut Held) -> Result<(), Failure> {
    series_store::leave(tx, held.meeting.org_id, held.meeting.id).await?;
    (held.meeting.series_id, held.meeting.series_code, held.meeting.occurrence_at) = (None, None, None);
    attach(tx, held, true).await
}

/// Puts a meeting into a series. One that wants its own link is an occurrence all the same.
async fn enter(tx: &mut Tx, held: &mut Held, series: &Series, at: Timestamp, same_link: bool) -> Result<(), Failure> {
    let (org, id) = (held.meeting.org_id, held.meeting.id);
    if !same_link && series.room_code.is_some() {
        return Ok(());
    }
    series_store::put(tx, org, series.id, id, at).await?;
    series_store::share_tickets(tx, id).await?;
    held.meeting.series_id = Some(series.id);
    held.meeting.series_code = series.room_code.clone();
    held.meeting.occurrence_at = Some(at);
    held.people = people_store::of_meeting(tx, org, id).await?;
    Ok(())
}

fn fresh(tx: &mut Tx, meeting: &Meeting, series_key: String, same_link: bool) -> Series {
    Series {
        id: tx.new_id(),
        org_id: meeting.org_id,
        series_key,
        room_code: same_link.then(|| code::room_code(tx.entropy())),
        start_at: meeting.start,
        duration_min: meeting.end.since_ms(meeting.start) / 60_000,
        tz: meeting.tz.clone(),
        rrule: None,
        exdates: Json(Vec::new()),
        made_until: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        version: 1,
    }
}

/// The zone of a name that was checked when it was stored.
pub(super) fn zone(tz: &str) -> TimeZone {
    TimeZone::get(tz).unwrap_or(TimeZone::UTC)
}

impl Meetings {
    /// Creates a series with its occurrences up to the horizon.
    pub async fn create_series(&self, ctx: &Ctx, new: NewSeries) -> Result<SeriesView, Failure> {
        let (meetings, caller) = (self.clone(), ctx.clone());
        self.db.write(ctx, move |tx| Box::pin(async move { meetings.create_series_in(tx, &caller, new).await })).await
    }

    /// As [`Meetings::create_series`], inside the caller's own unit of work.
    pub async fn create_series_in(&self, tx: &mut Tx, ctx: &Ctx, new: NewSeries) -> Result<SeriesView, Failure> {
        let rule = Rule::parse("rrule", &new.rrule)?;
        let key = text::optional_line("series_key", new.series_key.as_deref(), 255)?.unwrap_or_else(|| code::token(tx.entropy()));
        if series_store::find_by_key(tx, ctx.org, &key).await?.is_some() {
            return Err(Failure::from(&series::KEY_TAKEN).with("field", "series_key"));
        }
        let (exdates, start) = (new.exdates.clone(), new.start);
        let id = self.create_in(tx, ctx, first(new, key)).await?.id;
        let held = self.hold(tx, &system(ctx), id).await?;
        let mut series = of_meeting(tx, &held).await?;
        let (mut instants, made_until) = planned(&rule, &series, start, tx.now())?;
        instants.retain(|at| !exdates.contains(at));
        let first = *instants.first().ok_or_else(|| invalid("rrule", "must have at least one occurrence after start"))?;
        if first != start {
            self.update_in(tx, &system(ctx), MeetingChange { start: Some(first), ..MeetingChange::of(id) }).await?;
            series_store::put(tx, ctx.org, series.id, id, first).await?;
        }
        begin(&mut series, &rule, first)?;
        (series.made_until, series.exdates) = (made_until, Json(exdates));
        series_store::save(tx, &series).await?;
        let model = self.hold(tx, &system(ctx), id).await?;
        self.make(tx, ctx, &series, &model, &instants[1..]).await?;
        self.announce_series(tx, ctx, "series.created", series.id).await
    }

    /// Appends the event of a series that is stored already; answers how it is now.
    pub(super) async fn announce_series(&self, tx: &mut Tx, ctx: &Ctx, kind: &'static str, id: SeriesId) -> Result<SeriesView, Failure> {
        let view = self.series_in(tx, ctx.org, id).await?;
        events::append(tx, ctx.org, NewEvent::new(kind, id, json!(view))).await?;
        Ok(view)
    }

    /// Occurrences at `instants`, each like `model`.
    pub(super) async fn make(&self, tx: &mut Tx, ctx: &Ctx, series: &Series, model: &Held, instants: &[Timestamp]) -> Result<(), Failure> {
        let adopted = links::adopted_in_series(tx, series.org_id, series.id).await?;
        for at in instants {
            let mut held = self.like(tx, model, *at, series.duration_min)?;
            super::create::insert(tx, &mut held.meeting).await?;
            people_store::upsert(tx, series.org_id, &held.people).await?;
            enter(tx, &mut held, series, *at, true).await?;
            if let Some((provider, external_id)) = adopted.clone() {
                super::adopt::insert(tx, &held.meeting, provider, external_id).await?;
            }
            super::tell_provider(tx, &[&held.meeting]).await?;
            self.tell_created(tx, ctx, &held).await?;
        }
        Ok(())
    }

    fn like(&self, tx: &mut Tx, model: &Held, start: Timestamp, duration_min: i64) -> Result<Held, Failure> {
        let (id, now) = (tx.new_id(), tx.now());
        let of = &model.meeting;
        let password = match &of.password {
            Some(sealed) => Some(self.sealer.open(&Meeting::password_place(of.id), sealed)?),
            None => None,
        };
        let password = password.map(|password| self.seal_password(id, secrecy::ExposeSecret::expose_secret(&password))).transpose()?;
        let meeting = Meeting {
            id,
            room_code: code::room_code(tx.entropy()),
            room_name: code::token(tx.entropy()),
            state: if of.state == State::Draft { State::Draft } else { State::Ready },
            start,
            end: start.plus_min(duration_min),
            password,
            external_key: None,
            actual_start: None,
            actual_end: None,
            host_arrived_at: None,
            cancel_reason: None,
            reserved_until: None,
            created_at: now,
            updated_at: now,
            version: 1,
            emptied: false,
            opened_at: None,
            replanned_at: None,
            link_state: None,
            link_error: None,
            provider_meeting_id: None,
            ..of.clone()
        };
        let mut people = model.people.clone();
        for person in &mut people {
            (person.id, person.meeting_id, person.ticket) = (tx.new_id(), id, code::token(tx.entropy()));
            (person.joined_at, person.left_at, person.created_at) = (None, None, now);
            (person.response, person.responded_at) = (None, None);
        }
        Ok(Held { meeting, people })
    }

    /// A series that the caller may see: whoever sees one of its meetings.
    pub async fn series(&self, ctx: &Ctx, id: SeriesId) -> Result<SeriesView, Failure> {
        let mut tx = self.db.reader().await?;
        let found = series_store::find(&mut tx, ctx.org, id).await?.ok_or(&series::NOT_FOUND)?;
        let view = self.series_view_in(&mut tx, ctx.org, &found).await?;
        let is_seen = match view.occurrences.first() {
            Some(first) => self.get(ctx, first.meeting_id).await.is_ok(),
            None => ctx.sees_all(),
        };
        if is_seen { Ok(view) } else { Err(Failure::from(&series::NOT_FOUND)) }
    }

    /// The series of an identifier that the caller was given.
    pub async fn series_in(&self, tx: &mut Tx, org: OrgId, id: SeriesId) -> Result<SeriesView, Failure> {
        let series = series_store::find(tx, org, id).await?.ok_or(&series::NOT_FOUND)?;
        self.series_view_in(tx, org, &series).await
    }

    pub(super) async fn series_view_in(&self, tx: &mut Tx, org: OrgId, of: &Series) -> Result<SeriesView, Failure> {
        let occurrences = series_store::occurrences(tx, org, of.id).await?;
        Ok(SeriesView {
            id: of.id,
            gaps: gaps(of, &occurrences)?,
            series_key: of.series_key.clone(),
            rrule: of.rrule.clone(),
            start: of.start_at,
            duration_min: of.duration_min,
            tz: of.tz.clone(),
            join_url: of.room_code.as_ref().map(|room_code| format!("{}/j/{room_code}", self.base)),
            room_code_display: of.room_code.as_deref().map(code::display_room_code),
            made_until: of.made_until,
            occurrences,
            version: of.version,
        })
    }

    /// Makes the occurrences that the horizon has reached; safe to run on several replicas at once. Answers how many series it looked at; one that
    /// fails keeps no other from its turn.
    pub async fn extend_series(&self) -> Result<usize, Failure> {
        let until = self.db.clock().now().plus_min((series::HORIZON_DAYS - 1) * DAY_MIN);
        let (mut seen, mut after) = (0, None);
        loop {
            let due = series_store::short(&mut self.db.reader().await?, until, after, BATCH).await?;
            for (org, id) in due.iter().copied() {
                let meetings = self.clone();
                let unit = self.db.unit(move |tx| Box::pin(async move { meetings.extend_in(tx, org, id, until).await }));
                unit.await.unwrap_or_else(|failure| complain("series.extend", &failure));
            }
            (seen, after) = (seen + due.len(), due.last().map(|(_, id)| *id));
            if due.len() < BATCH as usize {
                return Ok(seen);
            }
        }
    }

    async fn extend_in(&self, tx: &mut Tx, org: OrgId, id: SeriesId, until: Timestamp) -> Result<(), Failure> {
        let ctx = Ctx::system(org, "series".to_owned());
        let Some(mut series) = series_store::hold(tx, org, id).await? else { return Ok(()) };
        let (Some(made_until), Some(rule)) = (series.made_until.filter(|made| *made < until), series.rrule.clone()) else { return Ok(()) };
        let made = series_store::occurrences(tx, org, id).await?;
        let model = model_of(&made);
        let (instants, next) = planned(&Rule::stored(&rule), &series, series.start_at, tx.now())?;
        series.made_until = if model.is_some() { next } else { None };
        if let Some(model) = model {
            let model = self.hold(tx, &ctx, model.meeting_id).await?;
            let new: Vec<Timestamp> = instants.into_iter().filter(|at| *at >= made_until && !series.exdates.0.contains(at)).collect();
            self.make(tx, &ctx, &series, &model, &new).await?;
        }
        series_store::save(tx, &series).await?;
        self.announce_series(tx, &ctx, "series.updated", id).await.map(drop)
    }
}

/// Whoever may create or change a series may do so with each of its meetings.
pub(super) fn system(ctx: &Ctx) -> Ctx {
    Ctx { caller: crate::kernel::Caller::System, idempotency: None, ..ctx.clone() }
}

/// The occurrence that new ones are made like: the last one that went no way of its own.
pub(super) fn model_of(all: &[Occurrence]) -> Option<&Occurrence> {
    all.iter().rev().find(|of| of.state != State::Cancelled && !of.detached).or(all.last())
}

/// Has the series follow `rule`, which is counted from the series' start, with `first` as its first occurrence.
pub(super) fn begin(series: &mut Series, rule: &Rule, first: Timestamp) -> Result<(), Failure> {
    let rule = rule.going_on(series.start_at, &zone(&series.tz), first)?;
    (series.start_at, series.rrule) = (first, Some(rule.as_str().to_owned()));
    Ok(())
}

fn gaps(of: &Series, occurrences: &[Occurrence]) -> Result<Vec<Timestamp>, Failure> {
    let (Some(rule), Some(last)) = (&of.rrule, occurrences.last()) else { return Ok(Vec::new()) };
    let until = last.occurrence_at.plus_ms(1);
    let planned = Rule::stored(rule).expand(of.start_at, &zone(&of.tz), until, usize::MAX)?;
    Ok(planned.into_iter().filter(|at| !occurrences.iter().any(|of| of.occurrence_at == *at)).collect())
}

/// The instants of a rule up to the horizon, and until when they are then made.
pub(super) fn planned(
    rule: &Rule,
    series: &Series,
    start: Timestamp,
    now: Timestamp,
) -> Result<(Vec<Timestamp>, Option<Timestamp>), Failure> {
    let horizon = now.max(start).plus_min(series::HORIZON_DAYS * DAY_MIN);
    let skipped = usize::try_from(now.since_ms(start).max(0) / (DAY_MIN * 60_000)).unwrap_or(0);
    let most = series::MAX_OCCURRENCES + skipped;
    let mut instants = rule.expand(start, &zone(&series.tz), Timestamp::from_secs(i64::MAX / 2000), most + 1)?;
    let beyond = instants.iter().position(|at| *at >= horizon).unwrap_or(instants.len()).min(most);
    let made_until = instants.get(beyond).copied();
    instants.truncate(beyond);
    Ok((instants, made_until))
}

fn first(new: NewSeries, series_key: String) -> NewMeeting {
    NewMeeting {
        name: new.name,
        description: new.description,
        start: Some(new.start),
        duration_min: new.duration_min,
        tz: new.tz,
        access: new.access,
        options: new.options,
        participants: new.participants,
        organizer: new.organizer,
        provider_id: new.provider_id,
        provider_meeting_id: new.provider_meeting_id,
        res_model: new.res_model,
        res_id: new.res_id,
        series_key: Some(series_key),
        own_link: new.own_links,
        ..NewMeeting::default()
    }
}

/// The series of a meeting that the caller manages.
pub(super) async fn of_meeting(tx: &mut Tx, held: &Held) -> Result<Series, Failure> {
    let id = held.meeting.series_id.ok_or(&series::NOT_RECURRING)?;
    series_store::hold(tx, held.meeting.org_id, id).await?.ok_or_else(|| Failure::from(&NOT_FOUND))
}

#[cfg(test)]
#[path = "series_tests.rs"]
mod tests;
