//! Changing and calling off one occurrence, those that follow, or all.

use super::super::input::{MeetingChange, people};
use super::super::series::rule::shifted;
use super::super::series::{Occurrence, Rule, Scope, Series, SeriesAnswer, SeriesCancel, SeriesChange, SeriesView, store as series_store};
use super::super::state::{Action, State};
use super::super::{NOT_HOST, NOT_HOST_CANCEL};
use super::series::{of_meeting, planned, system, zone};
use super::{Held, Meetings};
use crate::db::Tx;
use crate::kernel::failure::{Failure, invalid};
use crate::kernel::{Ctx, MeetingId, Timestamp, text};

impl Meetings {
    /// Changes an occurrence, those from it on, or all that have not begun.
    pub async fn update_series(&self, ctx: &Ctx, change: SeriesChange) -> Result<SeriesAnswer, Failure> {
        let (meetings, caller) = (self.clone(), ctx.clone());
        self.db.write(ctx, move |tx| Box::pin(async move { meetings.update_series_in(tx, &caller, change).await })).await
    }

    /// As [`Meetings::update_series`], inside the caller's own unit of work.
    pub async fn update_series_in(&self, tx: &mut Tx, ctx: &Ctx, change: SeriesChange) -> Result<SeriesAnswer, Failure> {
        let held = self.hold_managed(tx, ctx, change.id, &NOT_HOST).await?;
        let series = of_meeting(tx, &held).await?;
        if change.scope == Scope::This {
            self.update_one(tx, ctx, &held, change).await?;
        } else {
            self.update_many(tx, ctx, series, &held, change).await?;
        }
        self.answer(tx, ctx, held.meeting.id).await
    }

    async fn answer(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId) -> Result<SeriesAnswer, Failure> {
        let held = self.hold(tx, &system(ctx), id).await?;
        let series = of_meeting(tx, &held).await?;
        Ok(SeriesAnswer { series: self.series_view_in(tx, ctx.org, &series).await?, meeting: self.view(ctx, &held) })
    }

    async fn update_one(&self, tx: &mut Tx, ctx: &Ctx, held: &Held, change: SeriesChange) -> Result<(), Failure> {
        if change.rrule.is_some() {
            return Err(invalid("rrule", "must be absent for one occurrence"));
        }
        let start = change.start;
        series_store::detach(tx, ctx.org, held.meeting.id).await?;
        self.change_occurrence(tx, ctx, held.meeting.id, &change, start).await
    }

    async fn change_occurrence(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: MeetingId,
        change: &SeriesChange,
        start: Option<Timestamp>,
    ) -> Result<(), Failure> {
        let fields = MeetingChange {
            name: change.name.clone(),
            description: change.description.clone(),
            start,
            duration_min: change.duration_min,
            access: change.access,
            options: change.options.clone(),
            ..MeetingChange::of(id)
        };
        self.update_in(tx, &system(ctx), fields).await?;
        if !change.add_participants.is_empty() {
            self.add_participants_in(tx, &system(ctx), id, people(change.add_participants.clone())?).await?;
        }
        Ok(())
    }

    async fn update_many(&self, tx: &mut Tx, ctx: &Ctx, series: Series, held: &Held, change: SeriesChange) -> Result<(), Failure> {
        let from = self.first_of_scope(tx, &series, held, change.scope).await?;
        let whole = series.id;
        let mut series = self.cut(tx, series, from).await?;
        let all = series_store::occurrences(tx, series.org_id, series.id).await?;
        let old_start = held.meeting.start;
        let moved_to = change.start.unwrap_or(old_start);
        let is_moved = moved_to != old_start;
        let zone = zone(&series.tz);
        if let (Some(rule), true, None) = (&series.rrule, is_moved, &change.rrule) {
            let date = |at: Timestamp| at.to_jiff().to_zoned(zone.clone()).date();
            if date(old_start) != date(moved_to) && Rule::stored(rule).names_days() {
                return Err(invalid("rrule", "must be given when the start moves to another day, because the present rule names days"));
            }
        }
        for of in all.iter().filter(|of| of.state != State::Cancelled && of.state != State::Ended) {
            let start = if is_moved && !of.detached { Some(shifted(of.start, old_start, moved_to, &zone)?) } else { None };
            self.change_occurrence(tx, ctx, of.meeting_id, &change, start).await?;
            if let Some(start) = start {
                series_store::put(tx, series.org_id, series.id, of.meeting_id, start).await?;
            }
        }
        if is_moved {
            series.start_at = shifted(series.start_at, old_start, moved_to, &zone)?;
            series.made_until = series.made_until.map(|until| shifted(until, old_start, moved_to, &zone)).transpose()?;
        }
        series.duration_min = change.duration_min.unwrap_or(series.duration_min);
        if let Some(rule) = &change.rrule {
            self.follow(tx, ctx, &mut series, Rule::parse("rrule", rule)?).await?;
        }
        series_store::save(tx, &series).await?;
        if whole != series.id {
            self.announce_series(tx, ctx, "series.updated", whole).await?;
        }
        self.announce_series(tx, ctx, "series.updated", series.id).await.map(drop)
    }

    // "All" leaves alone what has begun: it is "following" from the first that has not.
    async fn first_of_scope(&self, tx: &mut Tx, series: &Series, held: &Held, scope: Scope) -> Result<Timestamp, Failure> {
        let at = held.meeting.occurrence_at.unwrap_or(held.meeting.start);
        if scope != Scope::All {
            return Ok(at);
        }
        let (all, now) = (series_store::occurrences(tx, series.org_id, series.id).await?, tx.now());
        let open = |of: &&Occurrence| of.start > now && matches!(of.state, State::Draft | State::Ready);
        Ok(all.iter().find(open).map_or(at, |of| of.occurrence_at))
    }

    /// Cuts a series before `from`; answers the half that begins there, which is the series itself when nothing comes before.
    async fn cut(&self, tx: &mut Tx, mut series: Series, from: Timestamp) -> Result<Series, Failure> {
        let all = series_store::occurrences(tx, series.org_id, series.id).await?;
        let before = all.iter().filter(|of| of.occurrence_at < from).count();
        let Some(rule) = series.rrule.clone().filter(|_| before > 0) else { return Ok(series) };
        let rule = Rule::stored(&rule);
        let mut rest = Series { id: tx.new_id(), start_at: from, version: 1, ..series.clone() };
        rest.series_key = format!("{}/{}", series.series_key.split('/').next().unwrap_or_default(), rest.id);
        if let Some(count) = rule.part("COUNT").and_then(|count| count.parse::<usize>().ok()) {
            let gone = rule.expand(series.start_at, &zone(&series.tz), from, count)?.len();
            rest.rrule = Some(rule.counting(count.saturating_sub(gone).max(1)).as_str().to_owned());
        }
        series.rrule = Some(rule.ending_before(from).as_str().to_owned());
        series.made_until = None;
        series_store::save(tx, &series).await?;
        series_store::insert(tx, &rest).await?;
        series_store::copy_tickets(tx, series.id, rest.id).await?;
        for of in all.iter().filter(|of| of.occurrence_at >= from) {
            series_store::put(tx, rest.org_id, rest.id, of.meeting_id, of.occurrence_at).await?;
            self.forget(tx, of.meeting_id);
        }
        Ok(rest)
    }

    /// Makes the occurrences follow another rule: those on its days stay, the others are called off, missing ones are made.
    async fn follow(&self, tx: &mut Tx, ctx: &Ctx, series: &mut Series, rule: Rule) -> Result<(), Failure> {
        let (wanted, made_until) = planned(&rule, series, series.start_at, tx.now())?;
        let all = series_store::occurrences(tx, series.org_id, series.id).await?;
        let model = all.first().ok_or_else(|| invalid("rrule", "must belong to a series that has meetings"))?;
        let model = self.hold(tx, &system(ctx), model.meeting_id).await?;
        for of in all.iter().filter(|of| !wanted.contains(&of.occurrence_at)) {
            if matches!(of.state, State::Draft | State::Ready) {
                self.transition_in(tx, &system(ctx), of.meeting_id, Action::Cancel, None).await?;
            }
        }
        let missing: Vec<Timestamp> = wanted.into_iter().filter(|at| !all.iter().any(|of| of.occurrence_at == *at)).collect();
        (series.rrule, series.made_until) = (Some(rule.as_str().to_owned()), made_until);
        self.make(tx, ctx, series, &model, &missing).await
    }

    /// Calls off an occurrence, those from it on, or all that have not begun.
    pub async fn cancel_series(&self, ctx: &Ctx, cancel: SeriesCancel) -> Result<SeriesView, Failure> {
        let (meetings, caller) = (self.clone(), ctx.clone());
        self.db.write(ctx, move |tx| Box::pin(async move { meetings.cancel_series_in(tx, &caller, cancel).await })).await
    }

    /// As [`Meetings::cancel_series`], inside the caller's own unit of work.
    pub async fn cancel_series_in(&self, tx: &mut Tx, ctx: &Ctx, cancel: SeriesCancel) -> Result<SeriesView, Failure> {
        let held = self.hold_managed(tx, ctx, cancel.id, &NOT_HOST_CANCEL).await?;
        let mut series = of_meeting(tx, &held).await?;
        let reason = text::optional_line("reason", cancel.reason.as_deref(), 500)?;
        let from = self.first_of_scope(tx, &series, &held, cancel.scope).await?;
        let all = series_store::occurrences(tx, series.org_id, series.id).await?;
        let meant = |of: &&Occurrence| match cancel.scope {
            Scope::This => of.meeting_id == cancel.id,
            Scope::Following | Scope::All => of.occurrence_at >= from,
        };
        for of in all.iter().filter(meant).filter(|of| !matches!(of.state, State::Ended | State::Cancelled)) {
            self.transition_in(tx, &system(ctx), of.meeting_id, Action::Cancel, reason.clone()).await?;
        }
        if cancel.scope != Scope::This {
            series.made_until = None;
            let kept = all.iter().any(|of| of.occurrence_at < from);
            if let Some(rule) = series.rrule.clone().filter(|_| kept) {
                series.rrule = Some(Rule::stored(&rule).ending_before(from).as_str().to_owned());
            }
            series_store::save(tx, &series).await?;
        }
        self.announce_series(tx, ctx, "series.cancelled", series.id).await
    }
}
