//! Keeping a time for a guest who fills the form.

use super::create::{claim_for_hold, resources};
use super::offer::{Search, slot_at};
use super::{Booking, lock_key};
use crate::booking::links::Held;
use crate::booking::model::Hold;
use crate::booking::{hold_store, limits};
use crate::db::{Turn, Tx};
use crate::kernel::{Ctx, Failure, Timestamp, code};
use crate::rooms::occupancy;

impl Booking {
    /// Keeps a slot for a while. Whoever keeps too many gives up the oldest.
    pub async fn hold(&self, ctx: &Ctx, held: Held, start: Timestamp, duration_min: i64, address: String) -> Result<Hold, Failure> {
        let search = Search { from: start, to: start, duration_min, only: None, except: None };
        let turn = self.turn_of_form(&held, search, &address).await?;
        let (booking, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            tx.keep(turn);
            occupancy::lock(tx, &resources(&held)).await?;
            limits::check_holds(tx, &booking.config, caller.org, &address).await?;
            booking.give_up_oldest(tx, &caller, &held, &address).await?;
            let slot = slot_at(tx, &held, search).await?;
            let hold = Hold {
                id: tx.new_id(),
                org_id: caller.org,
                link_id: held.link.id,
                token: code::token(tx.entropy()),
                start: slot.start,
                end: slot.end,
                host_id: slot.hosts.first().copied(),
                expires_at: tx.now().plus_min(i64::from(booking.config.hold_min)),
            };
            hold_store::insert(tx, &hold, &address).await?;
            // A group has room for several: its seats are given out when the form comes back.
            if held.link.rules.0.seats == 1 {
                claim_for_hold(tx, &held, &hold, &slot.hosts).await?;
            }
            Ok(hold)
        };
        self.db.unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    // As of a call: who waited for another and finds the time taken goes. What their own form keeps may be given up for the new one.
    async fn turn_of_form(&self, held: &Held, search: Search<'static>, address: &str) -> Result<Turn, Failure> {
        let (key, held, address) = (lock_key(held.link.id), held.clone(), address.to_owned());
        let still = async move |tx: &mut Tx| {
            let keeps_some = !hold_store::alive(tx, held.link.id, &address).await?.is_empty();
            if keeps_some { Ok(()) } else { slot_at(tx, &held, search).await.map(drop) }
        };
        self.db.turn(key, move |tx| Box::pin(async move { still(tx).await })).await
    }

    async fn give_up_oldest(&self, tx: &mut Tx, ctx: &Ctx, held: &Held, address: &str) -> Result<(), Failure> {
        let alive = hold_store::alive(tx, held.link.id, address).await?;
        let surplus = (alive.len() + 1).saturating_sub(self.config.holds_per_address as usize);
        for hold in alive.into_iter().take(surplus) {
            occupancy::release_hold(tx, ctx.org, hold).await?;
        }
        Ok(())
    }
}
