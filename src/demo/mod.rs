//! `omeet demo`: an organization that has worked with omeet for four weeks, to look around in.
//!
//! Its story is told through the doors that everybody uses - methods of `/rpc`, messages of providers - while a clock of its own goes
//! from four weeks ago to now. Then the same database is served, by the machine's clock.
//!
//! | file | holds |
//! |---|---|
//! | [`house`] | where it lives, and what it never touches |
//! | `teller` | one who tells: calls methods, sends messages, moves the clock |
//! | `cast` | who appears |
//! | `furnish` | what is there before anything happens |
//! | `past` | four weeks of meetings, one after the other |
//! | `lost` | an account that is gone |
//! | `call` | one meeting that takes place, and what its provider says of it |
//! | `present` | what is on now, and what lies ahead |
//! | [`welcome`] | what to open |
//! | [`world`] | stand-ins for an ERP and for whoever keeps recordings |

mod call;
mod cast;
mod furnish;
pub mod house;
mod lost;
mod past;
mod present;
mod teller;
pub mod welcome;
pub mod world;

use std::sync::Arc;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::Config;
use crate::kernel::clock::{Clock as _, ManualClock, SystemClock, SystemEntropy};
use crate::kernel::{Ctx, Role, Timestamp};
use crate::stand_ins::StandIns;
use crate::tenancy::keys::{self, KeyKind, NewKey};
use crate::tenancy::organizations::{self, Organization};
use teller::Teller;

/// The short name of the demo's organization.
pub const SLUG: &str = "demo";
/// Its name while it is being filled; another name means that it is whole.
const UNFINISHED: &str = "Demo, being filled";
/// Days that the story looks back.
pub const DAYS: i64 = 28;

/// Where the demo is found once it runs.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// omeet itself.
    pub base: String,
    /// The stand-ins.
    pub stand_ins: String,
}

/// Tells the story of the last `days` days into an empty database; [`DAYS`] show everything.
///
/// # Errors
/// When a call of it is refused: then this program and its demo do not fit together.
pub async fn fill(config: &Config, at: &Addresses, days: i64, say: &(dyn Fn(&str) + Sync)) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let clock = Arc::new(ManualClock::at(now.plus_min(-days * 24 * 60)));
    let stop = CancellationToken::new();
    let app = App::build_with(config, &at.base, stop.clone(), clock.clone(), Arc::new(SystemEntropy)).await?;
    let stand_ins = StandIns::new(clock.clone(), Arc::new(SystemEntropy));
    let lost = lost::Lost::new()?;
    let socket = world::listen(&at.stand_ins).await?;
    let serving = tokio::spawn(world::serve(socket, stand_ins.clone(), lost.published.clone(), stop.clone()));
    let working = app.start_work(config, &stop)?;
    let organization = organizations::create(&app.db, UNFINISHED, Some(SLUG)).await?;
    let key = new_key(&app, &organization, "storyteller").await?;
    let teller = Teller::new(&app, clock, stand_ins, organization.id, key)?;
    let told = tell(&teller, at, &lost, (days, now), say).await;
    stop.cancel();
    working.stop(std::time::Duration::from_secs(10)).await;
    serving.await??;
    app.db.close().await;
    told
}

async fn tell(
    teller: &Teller<'_>,
    at: &Addresses,
    lost: &lost::Lost,
    (days, now): (i64, Timestamp),
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    say("furnishing the organization");
    let house = furnish::furnish(teller, at, &lost.pem).await?;
    lost.tell(teller, at).await?;
    past::live(teller, &house, days, now, say).await?;
    say("opening what is on now");
    present::begin(teller, &house, now).await?;
    teller.ok("organization.update", json!({ "name": cast::ORGANIZATION })).await?;
    Ok(())
}

/// A key of the role admin for whoever looks around.
pub async fn new_key(app: &App, organization: &Organization, name: &str) -> anyhow::Result<String> {
    let ctx = Ctx::system(organization.id, "demo".to_owned());
    let name = Some(name.to_owned());
    let new = NewKey { kind: KeyKind::Service, user: None, name, role: Role::Admin, scopes: Vec::new(), expires_at: None };
    Ok(app.db.unit(move |tx| Box::pin(async move { keys::create(tx, &ctx, new).await })).await?.key)
}
