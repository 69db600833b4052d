//! Changing and calling off one occurrence, those that follow, or all.

use super::super::input::{MeetingChange, people};
use super::super::series::rule::shifted;
use super::super::series::{Occurrence, Rule, Scope, Series, SeriesAnswer, SeriesCancel, SeriesChange, SeriesView, store as series_store};
use super::super::state::{Action, State};
use super::super::{NOT_HOST, NOT_HOST_CANCEL};
use super::series::{begin, model_of, of_meeting, planned, system, zone};
use super::{Held, Meetings};
use crate::db::Tx;
use crate::kernel::failure::{Failure, invalid};
use crate::kernel::{Ctx, MeetingId, SeriesId, Timestamp, text};

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
        let moved = change.start.filter(|to| *to != held.meeting.start).map(|to| (held.meeting.start, to));
        let rule = new_rule(&series, &change)?;
        if let (Some(moved), None) = (moved, &change.rrule) {
            keeps_its_days(&series, moved)?;
        }
        let whole = series.id;
        // What does not change when it takes place needs no cut: the link of another calendar, and everybody's entry, stay as they are.
        let cuts = change.scope == Scope::Following || moved.is_some() || rule.is_some();
        let mut series = if cuts { self.cut(tx, series, from).await? } else { series };
        let (before, versions) = (series.clone(), series_store::versions(tx, series.org_id, series.id).await?);
        let has_all = self.change_from(tx, ctx, &series, from, &change, moved).await?;
        if let Some(moved) = moved.filter(|_| has_all) {
            shift(&mut series, moved)?;
        }
        series.duration_min = change.duration_min.unwrap_or(series.duration_min);
        if let Some(rule) = rule {
            self.follow(tx, ctx, &mut series, rule).await?;
        }
        let is_cut = whole != series.id;
        if !is_cut && series == before && versions == series_store::versions(tx, series.org_id, series.id).await? {
            return Ok(());
        }
        series_store::save(tx, &series).await?;
        if is_cut {
            self.announce_series(tx, ctx, "series.updated", whole).await?;
        }
        self.announce_series(tx, ctx, "series.updated", series.id).await.map(drop)
    }

    /// Changes the occurrences from `from` on, and moves them: where the rule has them, and those that were not set apart also where they
    /// are. Answers whether these are all.
    pub(super) async fn change_from(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        series: &Series,
        from: Timestamp,
        change: &SeriesChange,
        moved: Option<(Timestamp, Timestamp)>,
    ) -> Result<bool, Failure> {
        let (zone, all) = (zone(&series.tz), series_store::occurrences(tx, series.org_id, series.id).await?);
        let place = |at: Timestamp| moved.map(|(old, new)| shifted(at, old, new, &zone)).transpose();
        for of in all.iter().filter(|of| of.occurrence_at >= from) {
            if let Some(at) = place(of.occurrence_at)? {
                series_store::put(tx, series.org_id, series.id, of.meeting_id, at).await?;
            }
            if is_meant(of, Scope::Following, of.meeting_id, from) {
                let start = if of.detached { None } else { place(of.start)? };
                self.change_occurrence(tx, ctx, of.meeting_id, change, start).await?;
            }
        }
        Ok(all.iter().all(|of| of.occurrence_at >= from))
    }

    // "All" leaves alone what has begun: it is "following" from the first that has not.
    async fn first_of_scope(&self, tx: &mut Tx, series: &Series, held: &Held, scope: Scope) -> Result<Timestamp, Failure> {
        let at = held.meeting.occurrence_at.unwrap_or(held.meeting.start);
        if scope != Scope::All {
            return Ok(at);
        }
        let all = series_store::occurrences(tx, series.org_id, series.id).await?;
        Ok(first_open(&all, tx.now()).map_or(at, |of| of.occurrence_at))
    }

    /// Cuts a series before `from`; answers the half that begins there, which is the series itself when nothing comes before.
    pub(super) async fn cut(&self, tx: &mut Tx, mut series: Series, from: Timestamp) -> Result<Series, Failure> {
        let all = series_store::occurrences(tx, series.org_id, series.id).await?;
        let before = all.iter().filter(|of| of.occurrence_at < from).count();
        let Some(rule) = series.rrule.clone().filter(|_| before > 0) else { return Ok(series) };
        let rule = Rule::stored(&rule);
        let mut rest = Series { id: tx.new_id(), start_at: from, version: 1, ..series.clone() };
        rest.series_key = format!("{}/{}", root(&series.series_key), rest.id);
        rest.rrule = Some(rule.going_on(series.start_at, &zone(&series.tz), from)?.as_str().to_owned());
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
    pub(super) async fn follow(&self, tx: &mut Tx, ctx: &Ctx, series: &mut Series, rule: Rule) -> Result<(), Failure> {
        let (mut wanted, made_until) = planned(&rule, series, series.start_at, tx.now())?;
        wanted.retain(|at| !series.exdates.0.contains(at));
        let all = series_store::occurrences(tx, series.org_id, series.id).await?;
        let model = model_of(&all).ok_or_else(|| invalid("rrule", "must belong to a series that has meetings"))?;
        let model = self.hold(tx, &system(ctx), model.meeting_id).await?;
        for of in all.iter().filter(|of| !wanted.contains(&of.occurrence_at)) {
            if matches!(of.state, State::Draft | State::Ready) {
                self.transition_in(tx, &system(ctx), of.meeting_id, Action::Cancel, None).await?;
            }
        }
        begin(series, &rule, wanted.first().copied().unwrap_or(series.start_at))?;
        series.made_until = made_until;
        let missing: Vec<Timestamp> = wanted.into_iter().filter(|at| !all.iter().any(|of| of.occurrence_at == *at)).collect();
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
        for of in all.iter().filter(|of| is_meant(of, cancel.scope, cancel.id, from)) {
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

/// Whether a change of this scope, which begins at `from`, has this occurrence.
fn is_meant(of: &Occurrence, scope: Scope, id: MeetingId, from: Timestamp) -> bool {
    let is_in = if scope == Scope::This { of.meeting_id == id } else { of.occurrence_at >= from };
    is_in && !matches!(of.state, State::Ended | State::Cancelled)
}

/// The first that has not begun.
pub(super) fn first_open(all: &[Occurrence], now: Timestamp) -> Option<&Occurrence> {
    all.iter().find(|of| of.start > now && matches!(of.state, State::Draft | State::Ready))
}

// The rule that is asked for. For all of a series the present one is none: of a number of times, some are gone.
fn new_rule(series: &Series, change: &SeriesChange) -> Result<Option<Rule>, Failure> {
    let asked = change.rrule.as_deref().map(|rule| Rule::parse("rrule", rule)).transpose()?;
    Ok(asked.filter(|rule| change.scope == Scope::Following || series.rrule.as_deref() != Some(rule.as_str())))
}

fn keeps_its_days(series: &Series, (old, new): (Timestamp, Timestamp)) -> Result<(), Failure> {
    let Some(rule) = &series.rrule else { return Ok(()) };
    let zone = zone(&series.tz);
    let date = |at: Timestamp| at.to_jiff().to_zoned(zone.clone()).date();
    if date(old) != date(new) && Rule::stored(rule).names_days() {
        return Err(invalid("rrule", "must be given when the start moves to another day, because the present rule names days"));
    }
    Ok(())
}

fn shift(series: &mut Series, (old, new): (Timestamp, Timestamp)) -> Result<(), Failure> {
    let zone = zone(&series.tz);
    let place = |at: Timestamp| shifted(at, old, new, &zone);
    series.start_at = place(series.start_at)?;
    series.made_until = series.made_until.map(place).transpose()?;
    series.exdates.0 = series.exdates.0.iter().map(|at| place(*at)).collect::<Result<_, _>>()?;
    Ok(())
}

// What the ERP called the whole; its key may have strokes of its own.
fn root(key: &str) -> &str {
    match key.rsplit_once('/') {
        Some((root, id)) if id.parse::<SeriesId>().is_ok() => root,
        _ => key,
    }
}
