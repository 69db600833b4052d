//! Meetings that take place in one that somebody made at the provider.

use super::super::model::Meeting;
use crate::db::Tx;
use crate::kernel::ProviderId;
use crate::kernel::failure::{Failure, invalid};
use crate::providers::ProviderKind;
use crate::providers::links::{self, Link, LinkState};

const FIELD: &str = "provider_meeting_id";

/// Has a new meeting take place in `theirs`, a number as people read it. Looked at once, whenever the meeting is.
pub(super) async fn adopt(tx: &mut Tx, meeting: &mut Meeting, theirs: &str) -> Result<(), Failure> {
    let provider = meeting.provider_id.filter(|_| meeting.provider_kind.as_deref().is_some_and(ProviderKind::adopts));
    let provider = provider.ok_or_else(|| invalid(FIELD, "must be absent, or provider_id must name an account of Zoom"))?;
    let number = number(theirs).ok_or_else(|| invalid(FIELD, "must be the number of a Zoom meeting: 9 to 11 digits"))?;
    insert(tx, meeting, provider, number.clone()).await?;
    (meeting.link_state, meeting.provider_meeting_id) = (Some(LinkState::Creating.name().to_owned()), Some(number));
    Ok(())
}

/// Notes that a meeting takes place in somebody else's.
pub(super) async fn insert(tx: &mut Tx, meeting: &Meeting, provider: ProviderId, external_id: String) -> Result<(), Failure> {
    let link = Link::wanted(tx.new_id(), meeting.org_id, meeting.id, provider, tx.now());
    links::insert(tx, &link.adopting(external_id)).await
}

// Written in groups, with spaces or dashes.
fn number(text: &str) -> Option<String> {
    let digits: String = text.trim().chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    ((9..=11).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        assert_eq!(number(" 812 3456-7890 ").as_deref(), Some("81234567890"));
        for wrong in ["", "12345678", "812345678901", "https://zoom.us/j/81234567890", "８１２３４５６７８９０"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}
