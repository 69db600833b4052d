//! A booking as an entry for its guest's calendar.

use super::Booking;
use super::announce::Told;
use crate::booking::invitation::Invitation;
use crate::booking::model::Complete;
use crate::db::Tx;
use crate::kernel::Failure;
use crate::mail::IcsPart;

impl Booking {
    /// The same event that the letters of a booking that takes place hold, for whoever got none of them.
    pub(in crate::booking) async fn entry(&self, complete: Complete) -> Result<Option<IcsPart>, Failure> {
        let sender = self.sender.clone();
        let unit = async move |tx: &mut Tx| {
            let invitation = Invitation::of(tx, Told::Confirmed, &complete, &sender).await?;
            Ok(invitation.map(|invitation| invitation.to_guest(&complete)))
        };
        self.db.unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }
}
