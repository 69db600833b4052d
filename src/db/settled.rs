//! What an organization settled long ago and most units of work need: its time zone, its custom fields, its default account, who calls.
//!
//! Read once a second instead of in every unit. In the process that writes, [`Tx::unsettle`] drops the old value before the
//! change is acknowledged; another process sees the change within a second.

use std::any::Any;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::Tx;
use crate::kernel::cache::FreshCache;
use crate::kernel::{Failure, OrgId};

/// Values by organization, name, and whose they are.
pub(super) type Settled = FreshCache<(OrgId, &'static str, Uuid), Arc<dyn Any + Send + Sync>>;

impl Tx {
    /// What `read` answers for `org`, at most a second old. `name` is the value's own.
    pub async fn settled<T, R>(&mut self, org: OrgId, name: &'static str, read: R) -> Result<Arc<T>, Failure>
    where
        T: Send + Sync + 'static,
        R: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Failure>>,
    {
        self.settled_of(org, name, Uuid::nil(), read).await
    }

    /// As [`Tx::settled`], where there are many values of that name: this is the one of `id`.
    pub async fn settled_of<T, R>(&mut self, org: OrgId, name: &'static str, id: Uuid, read: R) -> Result<Arc<T>, Failure>
    where
        T: Send + Sync + 'static,
        R: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Failure>>,
    {
        let (place, now) = ((org, name, id), self.now());
        let known = self.around.settled.get(&place, now).filter(|_| !self.unsettled);
        if let Some(value) = known.and_then(|value| value.downcast().ok()) {
            return Ok(value);
        }
        let token = self.around.settled.begin_read();
        let value = Arc::new(read(self).await?);
        if !self.unsettled {
            let (settled, kept) = (self.around.settled.clone(), value.clone());
            self.after_commit(move || settled.keep(place, kept, now, token));
        }
        Ok(value)
    }

    /// This unit changes something that [`Tx::settled`] answers. Old values are dropped at once, for units that go into the same commit,
    /// and with it, for who read meanwhile.
    pub fn unsettle(&mut self) {
        self.unsettled = true;
        let settled = self.around.settled.clone();
        settled.clear();
        self.after_commit(move || settled.clear());
    }
}
