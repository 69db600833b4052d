//! R11: the order in which facts arrive changes nothing.

use proptest::prelude::*;

use super::timeline::{Call, Interval, Point, Timeline};
use crate::kernel::Timestamp;
use crate::providers::facts::{Run, Step};

fn at(s: i64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + s)
}

fn point(run: &str, person: &str, step: Step, s: i64) -> Point {
    Point { run: run.into(), person: person.into(), step, at: at(s) }
}

fn run(key: &str, from: Option<i64>, to: Option<i64>) -> Run {
    Run { key: key.into(), started_at: from.map(at), ended_at: to.map(at) }
}

#[test]
fn a_plain_call() {
    let points = [point("", "a", Step::Came, 5), point("", "a", Step::Went, 50), point("", "b", Step::Came, 10)];
    let timeline = Timeline::new(&[run("1", Some(0), Some(60))], &points);
    assert_eq!(timeline.calls, [Call { from: at(0), to: Some(at(60)) }]);
    assert_eq!(timeline.stays["a"], [Interval { from: at(5), to: Some(at(50)) }]);
    assert_eq!(timeline.stays["b"], [Interval { from: at(10), to: Some(at(60)) }], "whoever is not seen leaving leaves with the call");
}

#[test]
fn people_come_back() {
    let steps = [(Step::Came, 5), (Step::Went, 20), (Step::Came, 20), (Step::Went, 30), (Step::Came, 31)];
    let points: Vec<Point> = steps.iter().map(|(step, s)| point("x", "a", *step, *s)).collect();
    let timeline = Timeline::new(&[run("x", Some(0), None)], &points);
    let expected = [(5, Some(20)), (20, Some(30)), (31, None)].map(|(from, to)| Interval { from: at(from), to: to.map(at) });
    assert_eq!(timeline.stays["a"], expected);
    assert_eq!(timeline.latest(None).unwrap().ended_at, None);
}

#[test]
fn a_later_call_ends_the_one_before() {
    let timeline = Timeline::new(&[run("2", Some(100), None), run("1", Some(0), None)], &[]);
    assert_eq!(timeline.calls, [Call { from: at(0), to: Some(at(100)) }, Call { from: at(100), to: None }]);
}

#[test]
fn people_without_a_room_make_a_call() {
    let points = [point("", "a", Step::Came, 5), point("", "a", Step::Went, 50)];
    assert_eq!(Timeline::new(&[], &points).calls, [Call { from: at(5), to: Some(at(50)) }]);
    let after = [point("", "b", Step::Came, 90)];
    assert_eq!(Timeline::new(&[run("1", Some(0), Some(60))], &after).latest(None).unwrap().ended_at, None);
}

proptest! {
    #[test]
    fn shuffled_and_doubled_facts_say_the_same(
        steps in proptest::collection::vec((0..4_usize, 0..2_usize, 0..300_i64), 1..12),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 24),
    ) {
        let points: Vec<Point> = steps.iter().map(|(person, step, s)| {
            point("r", &person.to_string(), if *step == 0 { Step::Came } else { Step::Went }, *s)
        }).collect();
        let runs = [run("r", Some(0), Some(200)), run("q", Some(250), None)];
        let mut shuffled = points.clone();
        for index in &order {
            shuffled.push(index.get(&points).clone());
            let at = index.index(shuffled.len());
            shuffled.swap(0, at);
        }
        let reversed = [runs[1].clone(), runs[0].clone()];
        prop_assert_eq!(Timeline::new(&runs, &points), Timeline::new(&reversed, &deduplicated(shuffled)));
    }
}

// The database keeps a fact once.
fn deduplicated(points: Vec<Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for point in points {
        if !kept.contains(&point) {
            kept.push(point);
        }
    }
    kept
}
