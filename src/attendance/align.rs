//! What a provider's API says, in the words of what its messages said before.
//!
//! Some providers name calls and people otherwise in their API than in their messages. The same call is recognised by its times, the
//! same person by what they are called and when they came; nobody is counted twice.

use super::store::Attendee;
use super::timeline::Point;
use crate::kernel::Timestamp;
use crate::providers::facts::{Fact, Mark, Run};

/// How far two accounts of one moment may be apart.
const APART_S: i64 = 90;

fn near(a: Timestamp, b: Timestamp) -> bool {
    a.since_ms(b).abs() <= APART_S * 1000
}

/// What is known of a meeting by messages.
pub(super) struct Known<'a> {
    pub runs: &'a [Run],
    pub points: &'a [Point],
    pub attendees: &'a [Attendee],
}

impl Known<'_> {
    fn run(&self, run: &Run) -> Option<String> {
        if self.runs.iter().any(|known| known.key == run.key) {
            return None;
        }
        let same = |known: &&Run| match (known.started_at, run.started_at, known.ended_at, run.ended_at) {
            (Some(a), Some(b), _, _) => near(a, b),
            (_, _, Some(a), Some(b)) => near(a, b),
            _ => false,
        };
        self.runs.iter().find(same).map(|known| known.key.clone())
    }

    fn is_called(&self, person: &str, mark: &Mark) -> bool {
        let Some(known) = self.attendees.iter().find(|attendee| attendee.person_key == person) else { return false };
        let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        same(&known.user_ref, &mark.user_ref) || same(&known.email, &mark.email) || same(&known.name, &mark.name)
    }

    // Whoever is called the same and came, or left, at the same moment.
    fn person(&self, run: &str, marks: &[&Mark]) -> Option<String> {
        let at_once = |point: &&Point| point.run == run && marks.iter().any(|mark| point.step == mark.step && near(point.at, mark.at));
        let same = |point: &&Point| marks.iter().any(|mark| self.is_called(&point.person, mark));
        self.points.iter().filter(at_once).find(same).map(|point| point.person.clone())
    }

    fn has(&self, mark: &Mark) -> bool {
        self.points
            .iter()
            .any(|point| point.run == mark.run && point.person == mark.person && point.step == mark.step && near(point.at, mark.at))
    }
}

/// `facts` of an API, without what `known` has already.
pub(super) fn aligned(facts: Vec<Fact>, known: &Known<'_>) -> Vec<Fact> {
    let renamed: Vec<(String, String)> =
        facts.iter().filter_map(|fact| if let Fact::Run(run) = fact { Some((run.key.clone(), known.run(run)?)) } else { None }).collect();
    let run_key = |key: &str| renamed.iter().find(|(theirs, _)| theirs == key).map_or_else(|| key.to_owned(), |(_, ours)| ours.clone());
    let all: Vec<Mark> = facts.iter().filter_map(|fact| if let Fact::Mark(mark) = fact { Some(mark.clone()) } else { None }).collect();
    let person_of = |mark: &Mark| {
        if known.points.iter().any(|point| point.person == mark.person) {
            return mark.person.clone();
        }
        let own: Vec<&Mark> = all.iter().filter(|other| other.person == mark.person && other.run == mark.run).collect();
        known.person(&run_key(&mark.run), &own).unwrap_or_else(|| mark.person.clone())
    };
    let fact = |fact: Fact| match fact {
        Fact::Run(run) => Some(Fact::Run(Run { key: run_key(&run.key), ..run })),
        Fact::Mark(mark) => {
            let mark = Mark { run: run_key(&mark.run), person: person_of(&mark), ..mark };
            (!known.has(&mark)).then_some(Fact::Mark(mark))
        }
        other => Some(other),
    };
    facts.into_iter().filter_map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::facts::Step;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + s)
    }

    fn mark(run: &str, person: &str, step: Step, s: i64) -> Mark {
        let name = Some("Budi".to_owned());
        Mark { run: run.into(), person: person.into(), step, at: at(s), name, email: None, user_ref: None, is_moderator: false }
    }

    fn attendee(person: &str) -> Attendee {
        let (name, person_key) = (Some("Budi".to_owned()), person.to_owned());
        Attendee { person_key, name, email: None, user_ref: None, is_moderator: false, spoke_ms: None }
    }

    #[test]
    fn nobody_is_counted_twice() {
        let run = |key: &str, start: i64, end: Option<i64>| Run { key: key.into(), started_at: Some(at(start)), ended_at: end.map(at) };
        let point = |person: &str, s: i64| Point { run: "call".into(), person: person.into(), step: Step::Came, at: at(s) };
        let (runs, points, attendees) = ([run("call", 0, None)], [point("p1", 5)], [attendee("p1")]);
        let known = Known { runs: &runs, points: &points, attendees: &attendees };
        let told = vec![
            Fact::Run(run("report:1", 2, Some(900))),
            Fact::Mark(mark("report:1", "r7", Step::Came, 6)),
            Fact::Mark(mark("report:1", "r7", Step::Went, 600)),
            Fact::Mark(mark("report:1", "r8", Step::Came, 400)),
        ];
        let expected = vec![
            Fact::Run(run("call", 2, Some(900))),
            Fact::Mark(mark("call", "p1", Step::Went, 600)),
            Fact::Mark(mark("call", "r8", Step::Came, 400)),
        ];
        assert_eq!(aligned(told.clone(), &known), expected, "their coming is known, their leaving was lost; the other is somebody else");
        let nothing = Known { runs: &[], points: &[], attendees: &[] };
        assert_eq!(aligned(told.clone(), &nothing), told);
    }
}
