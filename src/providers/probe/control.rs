//! A Jitsi server's own API, asked as it will be asked; nothing is ended by that.

use std::sync::Arc;

use super::Findings;
use crate::kernel::ProviderId;
use crate::providers::Resolved;
use crate::providers::calls::caller::Calls;
use crate::providers::calls::{Caller, Trouble};
use crate::providers::jitsi::{Control, RoomName};

const MODULES: &str = "Load the module, and let omeet reach Prosody's HTTP port: deploy/jitsi/README.md has the lines, omeet doctor jitsi prints them filled in";

/// What a Jitsi is given as `prosody_password_public_key_repo_url`.
pub(super) fn key_server(id: ProviderId, base: &str) -> String {
    format!("{base}/keys/{id}/control")
}

pub(super) async fn look(account: &Resolved, calls: &Arc<Calls>, base: &str, found: &mut Findings) {
    let (Some(server), Some(id)) = (account.control(), account.id) else { return };
    let caller = calls.of(id, account.version);
    match server.rooms(&caller).await {
        Ok(rooms) => found.note(format!("The server counts its rooms: {} are open", rooms.len())),
        Err(trouble) => found.warn(format!("Rooms are not counted: {}", trouble.says()), MODULES),
    }
    if !server.may_act() {
        return found.note("Calls are not ended with their meetings, and nobody is put out: for that, tokens have to be signed with RS256 (settings.private_key)");
    }
    look_at_ending(&server, &caller, &key_server(id, base), found).await;
    match server.puts_out(&caller).await {
        Ok(true) => found.note("People can be put out of calls (muc_kick_participant)"),
        Ok(false) => found.warn("Nobody can be put out of a call: the server has no muc_kick_participant", MODULES),
        Err(trouble) => found.warn(format!("Nobody can be put out of a call: {}", trouble.says()), MODULES),
    }
}

// A room that nobody has: the token is checked before it is looked for.
async fn look_at_ending(server: &Control<'_>, caller: &Caller, key_server: &str, found: &mut Findings) {
    let Ok(nowhere) = RoomName::new("omeet-doctor-looks-here") else { return };
    match server.end(caller, &nowhere).await {
        Ok(_) => found.note("The server takes omeet's orders: calls end with their meetings (muc_end_meeting)"),
        Err(Trouble::Settings(says)) if says.contains("token") => found.warn(
            format!("Calls do not end with their meetings: {says}"),
            format!("Set prosody_password_public_key_repo_url = \"{key_server}\" in Prosody's configuration, let the server reach it, and compare the clocks"),
        ),
        Err(trouble) => found.warn(format!("Calls do not end with their meetings: {}", trouble.says()), MODULES),
    }
}
