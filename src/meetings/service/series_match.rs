//! Series that another calendar keeps too: brought up to date with all that it says of them, whatever they were cut into here.

use super::super::input::Person;
use super::super::series::{Occurrence, Rule, Scope, Series, SeriesCancel, SeriesChange, TheirSeries, store as series_store};
use super::super::state::State;
use super::super::{ENDED, NOT_HOST, NOT_HOST_CANCEL, series};
use super::Meetings;
use super::series::{system, zone};
use super::series_change::first_open;
use crate::db::Tx;
use crate::kernel::{Ctx, Failure, OrgId, SeriesId, Timestamp};

/// How far ahead it is compared when occurrences are to take place.
const AHEAD_MIN: i64 = 5 * 366 * 24 * 60;

/// A part of what was one series, with its meetings.
struct Part {
    series: Series,
    all: Vec<Occurrence>,
}

impl Part {
    fn open(&self, now: Timestamp) -> Option<&Occurrence> {
        first_open(&self.all, now)
    }
}

impl Meetings {
    /// Makes what has not begun of a series what somebody else's calendar has. Answers the part of it that comes next.
    pub async fn match_series_in(&self, tx: &mut Tx, ctx: &Ctx, id: SeriesId, theirs: TheirSeries) -> Result<SeriesId, Failure> {
        let (parts, now) = (parts(tx, ctx.org, id).await?, tx.now());
        let open = parts.iter().find_map(|part| part.open(now)).ok_or(&ENDED)?;
        self.hold_managed(tx, ctx, open.meeting_id, &NOT_HOST).await?;
        self.replan(tx, ctx, parts, &theirs).await?;
        let mut next = None;
        for part in self::parts(tx, ctx.org, id).await? {
            let Some(open) = part.open(now) else { continue };
            next = next.or(Some(part.series.id));
            self.update_series_in(tx, ctx, change_of(open, &theirs)).await?;
            if let Some(people) = &theirs.participants {
                self.set_participants_from(tx, ctx, &part, open.occurrence_at, people).await?;
            }
        }
        Ok(next.unwrap_or(id))
    }

    /// Calls off what has not begun of a series, whatever it was cut into.
    pub async fn cancel_whole_series_in(&self, tx: &mut Tx, ctx: &Ctx, id: SeriesId) -> Result<(), Failure> {
        let parts = parts(tx, ctx.org, id).await?;
        self.cancel_parts(tx, ctx, parts).await
    }

    async fn cancel_parts(&self, tx: &mut Tx, ctx: &Ctx, parts: Vec<Part>) -> Result<(), Failure> {
        for Part { mut series, all } in parts {
            let Some(any) = first_open(&all, tx.now()).or(all.first()) else { continue };
            if any.start > tx.now() {
                let cancel = SeriesCancel { id: any.meeting_id, scope: Scope::All, reason: None };
                self.cancel_series_in(tx, ctx, cancel).await?;
            } else if series.made_until.is_some() {
                self.hold_managed(tx, ctx, any.meeting_id, &NOT_HOST_CANCEL).await?;
                series.made_until = None;
                series_store::save(tx, &series).await?;
            }
        }
        Ok(())
    }

    /// The meetings of a series, whatever it was cut into.
    pub async fn whole_series_in(&self, tx: &mut Tx, org: OrgId, id: SeriesId) -> Result<Vec<Occurrence>, Failure> {
        Ok(parts(tx, org, id).await?.into_iter().flat_map(|part| part.all).collect())
    }

    async fn set_participants_from(&self, tx: &mut Tx, ctx: &Ctx, part: &Part, from: Timestamp, people: &[Person]) -> Result<(), Failure> {
        let is_open = |of: &&Occurrence| of.occurrence_at >= from && matches!(of.state, State::Draft | State::Ready);
        for of in part.all.iter().filter(is_open) {
            self.set_participants_in(tx, &system(ctx), of.meeting_id, people.to_vec()).await?;
        }
        Ok(())
    }

    // Where both have the same times ahead, nothing is touched. What is wanted otherwise is one series from the first open meeting on.
    async fn replan(&self, tx: &mut Tx, ctx: &Ctx, parts: Vec<Part>, theirs: &TheirSeries) -> Result<(), Failure> {
        let now = tx.now();
        let Some(plan) = Plan::of(&parts, theirs, now)? else { return Ok(()) };
        let Some(start) = plan.start else { return self.cancel_parts(tx, ctx, parts).await };
        let mut open = parts.into_iter().filter(|part| part.open(now).is_some());
        let Some(first) = open.next() else { return Ok(()) };
        let Some((from, first_id)) = first.open(now).map(|of| (of.occurrence_at, of.meeting_id)) else { return Ok(()) };
        let old = first.series.id;
        let mut series = self.cut(tx, first.series, from).await?;
        let mut touched = if series.id == old { Vec::new() } else { vec![old] };
        for later in open {
            touched.push(later.series.id);
            self.take_in(tx, &series, later, now).await?;
        }
        if plan.moved.is_some() {
            self.change_from(tx, ctx, &series, from, &SeriesChange::all_of(first_id), plan.moved).await?;
        }
        (series.start_at, series.exdates.0) = (start, plan.exdates);
        self.follow(tx, ctx, &mut series, plan.rule).await?;
        series_store::save(tx, &series).await?;
        for id in touched.into_iter().chain([series.id]) {
            self.announce_series(tx, ctx, "series.updated", id).await?;
        }
        Ok(())
    }

    // The part keeps what has begun.
    async fn take_in(&self, tx: &mut Tx, into: &Series, Part { mut series, all }: Part, now: Timestamp) -> Result<(), Failure> {
        let ahead: Vec<&Occurrence> = all.iter().filter(|of| of.occurrence_at > now && of.start > now).collect();
        for of in &ahead {
            series_store::put(tx, into.org_id, into.id, of.meeting_id, of.occurrence_at).await?;
            self.forget(tx, of.meeting_id);
        }
        let end = ahead.first().map_or(now, |of| of.occurrence_at);
        series.rrule = series.rrule.map(|rule| Rule::stored(&rule).ending_before(end).as_str().to_owned());
        series.made_until = None;
        series_store::save(tx, &series).await
    }
}

async fn parts(tx: &mut Tx, org: OrgId, id: SeriesId) -> Result<Vec<Part>, Failure> {
    let of = series_store::hold(tx, org, id).await?.ok_or(&series::NOT_FOUND)?;
    let mut parts = Vec::new();
    for series in series_store::parts(tx, &of).await? {
        let all = series_store::occurrences(tx, org, series.id).await?;
        parts.push(Part { series, all });
    }
    Ok(parts)
}

fn change_of(open: &Occurrence, theirs: &TheirSeries) -> SeriesChange {
    SeriesChange {
        name: theirs.name.clone(),
        description: theirs.description.clone(),
        duration_min: theirs.duration_min,
        ..SeriesChange::all_of(open.meeting_id)
    }
}

/// When a series is to take place from now on.
struct Plan {
    /// Counted from `start`.
    rule: Rule,
    /// The first time of the rule that is ahead; none when nothing is.
    start: Option<Timestamp>,
    exdates: Vec<Timestamp>,
    /// From where to where the meetings move, when none of the times stays.
    moved: Option<(Timestamp, Timestamp)>,
}

impl Plan {
    // None where the parts have it already. A calendar that says no rule means the present one, as long as there is one.
    fn of(parts: &[Part], theirs: &TheirSeries, now: Timestamp) -> Result<Option<Self>, Failure> {
        let Some(head) = parts.first().map(|part| &part.series) else { return Ok(None) };
        let own = head.rrule.as_deref().filter(|_| parts.len() == 1).map(Rule::stored);
        let (rule, exdates) = match (&theirs.rrule, own) {
            (Some(rrule), _) => (Rule::parse("rrule", rrule)?, theirs.exdates.clone()),
            (None, Some(own)) => (own, head.exdates.0.clone()),
            (None, None) => return Ok(None),
        };
        let begin = theirs.start.unwrap_or(head.start_at);
        let times = ahead(&rule, begin, head, now)?;
        let wanted: Vec<Timestamp> = times.iter().copied().filter(|at| !exdates.contains(at)).collect();
        let have = have(parts, now)?;
        if wanted == have {
            return Ok(None);
        }
        let start = times.first().copied().filter(|_| !wanted.is_empty());
        let rule = rule.going_on(begin, &zone(&head.tz), start.unwrap_or(begin))?;
        let moved = have.first().copied().zip(wanted.first().copied()).filter(|_| !wanted.iter().any(|at| have.contains(at)));
        Ok(Some(Self { rule, start, exdates, moved }))
    }
}

fn ahead(rule: &Rule, start: Timestamp, of: &Series, now: Timestamp) -> Result<Vec<Timestamp>, Failure> {
    let times = rule.expand(start, &zone(&of.tz), now.plus_min(AHEAD_MIN), usize::MAX)?;
    Ok(times.into_iter().filter(|at| *at > now).collect())
}

fn have(parts: &[Part], now: Timestamp) -> Result<Vec<Timestamp>, Failure> {
    let mut have = Vec::new();
    for Part { series, .. } in parts {
        let Some(rule) = &series.rrule else { continue };
        have.extend(ahead(&Rule::stored(rule), series.start_at, series, now)?.into_iter().filter(|at| !series.exdates.0.contains(at)));
    }
    have.sort_unstable();
    Ok(have)
}
