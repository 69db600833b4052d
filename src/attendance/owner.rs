//! Whose a call is, where several meetings take place in one at their provider.
//!
//! Zoom's messages name the number, which all occurrences share, and the call (`uuid`), but not the occurrence. A call belongs to the
//! meeting that had a report of it before, or else to the one whose time is nearest, if it is near at all: what people do at other
//! times in a meeting of their own is none of ours.

use super::store;
use crate::db::Tx;
use crate::kernel::{Failure, MeetingId, OrgId, ProviderId, Timestamp};
use crate::providers::facts::{CallRef, Fact};
use crate::providers::links::{self, HeldIn};

/// How long before or after its time a meeting's call may begin.
const APART_S: i64 = 3 * 3600;

/// The meeting in what an account calls `external_id` whose call this is. What is said of no call is said of all: the first.
pub async fn owner(tx: &mut Tx, org: OrgId, provider: ProviderId, external_id: &str, call: &CallRef) -> Result<Option<MeetingId>, Failure> {
    let all = links::held_in(tx, org, provider, external_id).await?;
    if let [HeldIn { adopted: false, meeting_id, .. }] = all.as_slice() {
        return Ok(Some(*meeting_id));
    }
    for held in all.iter().filter(|_| call.key.is_some()) {
        if store::has_call(tx, org, held.meeting_id, call.key.as_deref().unwrap_or_default()).await? {
            return Ok(Some(held.meeting_id));
        }
    }
    Ok(match call.began_at {
        Some(at) => nearest(&all, at),
        None => all.first().map(|held| held.meeting_id),
    })
}

/// Of what a provider says of all calls in `external_id`, that which concerns `meeting`.
pub async fn only_of(
    tx: &mut Tx,
    (org, meeting): (OrgId, MeetingId),
    (provider, external_id): (ProviderId, &str),
    facts: Vec<Fact>,
) -> Result<Vec<Fact>, Failure> {
    let mut kept = Vec::new();
    let began = |key: &str| {
        facts.iter().find_map(|fact| if let Fact::Run(run) = fact { (run.key == key).then_some(run.started_at)? } else { None })
    };
    for fact in &facts {
        let key = match fact {
            Fact::Run(run) => Some(run.key.clone()),
            Fact::Mark(mark) => Some(mark.run.clone()),
            Fact::Recording(_) | Fact::Spoke { .. } | Fact::Drifted => None,
        };
        let began_at = key.as_deref().and_then(began).or(fact.at());
        if owner(tx, org, provider, external_id, &CallRef { key, began_at }).await? == Some(meeting) {
            kept.push(fact.clone());
        }
    }
    Ok(kept)
}

fn nearest(all: &[HeldIn], at: Timestamp) -> Option<MeetingId> {
    let apart_ms = |held: &HeldIn| held.start_at.since_ms(at).max(at.since_ms(held.end_at)).max(0);
    let near = all.iter().filter(|held| apart_ms(held) <= APART_S * 1000);
    // Within two at once, it is that which began last.
    near.min_by_key(|held| (apart_ms(held), -held.start_at.secs())).map(|held| held.meeting_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_belongs_to_the_meeting_that_is_nearest() {
        let (hour, day) = (3600, 86_400);
        let id = |n: i64| MeetingId::from(uuid::Uuid::from_u128(n.unsigned_abs().into()));
        let held = |n: i64, from_s: i64, to_s: i64| HeldIn {
            meeting_id: id(n),
            adopted: true,
            start_at: Timestamp::from_secs(from_s),
            end_at: Timestamp::from_secs(to_s),
        };
        let all = [held(1, day, day + hour), held(2, 2 * day, 2 * day + hour), held(3, 2 * day + hour, 2 * day + 2 * hour)];
        for (at_s, expected) in [
            (day, Some(1)),
            (day - 600, Some(1)),
            (day + hour + 1200, Some(1)),
            (2 * day + 60, Some(2)),
            (2 * day + hour, Some(3)),
            (2 * day + hour - 60, Some(2)),
            (2 * day - 3 * hour, Some(2)),
            (day + 8 * hour, None),
            (0, None),
        ] {
            assert_eq!(nearest(&all, Timestamp::from_secs(at_s)), expected.map(id), "{at_s}");
        }
    }
}
