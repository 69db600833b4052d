//! Everything a client needs to enter: address, token, settings for web and mobile.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fragment::Fragment;
use super::place::{Address, link_address, room_address, template_address};
use super::settings::{ConfigOverwrite, FeatureFlags};
use crate::kernel::{Failure, Timestamp, json};
use crate::providers::accounts::settings::TokenIn;
use crate::providers::jitsi::RoomName;
use crate::providers::jitsi::token::MintedToken;

/// Where the call takes place.
#[derive(Debug, Clone)]
pub enum Place {
    /// A Jitsi server, our own or meet.jit.si.
    Jitsi {
        /// Its address, with the tenant as path if there is one.
        server_url: String,
        /// The room.
        room: RoomName,
        /// Absent where nobody needs one.
        token: Option<MintedToken>,
        /// For servers whose web client does not look for the token in the fragment yet. Their logs then have it.
        token_in_query: bool,
    },
    /// 8x8's JaaS.
    Jaas {
        /// The customer, `vpaas-magic-cookie-...`.
        app_id: String,
        /// The room.
        room: RoomName,
        /// JaaS lets nobody in without one.
        token: MintedToken,
    },
    /// Anything that has an address.
    Template {
        /// An address with `{room}` and `{name}` outside of its host.
        template: String,
        /// What `{room}` stands for.
        room: String,
    },
    /// A meeting that its provider made.
    Link {
        /// Its address.
        url: String,
    },
}

/// One person about to enter one call.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Where.
    pub place: Place,
    /// The provider's kind, as in `provider.create`.
    pub provider: String,
    /// How the person appears.
    pub user_info: UserInfo,
    /// Whether the person leads the call.
    pub is_moderator: bool,
    /// The meeting's name.
    pub subject: String,
    /// Whether the person may record.
    pub may_record: bool,
    /// Whether Jitsi asks for camera and microphone first; not wanted where a page of ours has done so.
    pub prejoin: bool,
    /// When the token ends.
    pub expires_at: Option<Timestamp>,
}

/// How a person appears to the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UserInfo {
    /// The name.
    #[serde(rename = "displayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
}

/// How the web client is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Inside our page or the ERP's.
    Embed,
    /// As a page of its own.
    Redirect,
}

/// The answer of `meeting.join`. Address and token let their holder in: `{:?}` shows neither.
#[derive(Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct JoinAnswer {
    /// Always `admit`.
    pub decision: String,
    /// Where to send a browser.
    #[serde(serialize_with = "json::plain")]
    #[schemars(with = "String")]
    pub url: String,
    /// Whether it may be embedded.
    pub mode: Mode,
    /// Why not, for people; absent when it may be embedded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode_reason: Option<String>,
    /// The provider's kind.
    pub provider: String,
    /// Host and port, for `JitsiMeetExternalAPI`.
    pub domain: String,
    /// The room as clients name it, with tenant or AppID.
    pub room: String,
    /// The token.
    #[serde(serialize_with = "json::plain_or_null")]
    #[schemars(with = "Option<String>")]
    pub token: Option<String>,
    /// Where the server looks for it in an address; absent without a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_in: Option<TokenIn>,
    /// When the token ends.
    pub expires_at: Option<Timestamp>,
    /// Whether the person leads the call.
    pub is_moderator: bool,
    /// How the person appears.
    pub user_info: UserInfo,
    /// Settings of the web client (`configOverwrite`); absent for other providers than Jitsi.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_overwrite: Option<ConfigOverwrite>,
    /// Settings of the mobile SDKs; absent for other providers than Jitsi.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_flags: Option<FeatureFlags>,
    /// The server, for the mobile SDKs.
    pub server_url: String,
    /// The script with `JitsiMeetExternalAPI`; absent for other providers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script_url: Option<String>,
    /// The meeting's name.
    pub subject: String,
}

impl fmt::Debug for JoinAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, room, is_moderator, .. } = self;
        f.debug_struct("JoinAnswer").field("domain", domain).field("room", room).field("is_moderator", is_moderator).finish_non_exhaustive()
    }
}

/// The answer for `visit`; fails when the provider's address cannot be used.
pub fn answer(visit: Visit) -> Result<JoinAnswer, Failure> {
    match &visit.place {
        Place::Jitsi { server_url, room, token, token_in_query } => {
            let address = room_address(server_url, room);
            let (token, in_query) = (token.clone(), *token_in_query);
            Ok(call(visit, address, token, in_query))
        }
        Place::Jaas { app_id, room, token } => {
            let address = room_address(&format!("https://8x8.vc/{app_id}"), room);
            let token = Some(token.clone());
            Ok(call(visit, address, token, false))
        }
        Place::Template { template, room } => {
            let name = visit.user_info.display_name.as_deref().unwrap_or_default();
            let address = template_address(template, room, name)?;
            Ok(elsewhere(visit, address))
        }
        Place::Link { url } => {
            let address = link_address(url)?;
            Ok(elsewhere(visit, address))
        }
    }
}

// A call in a Jitsi room.
fn call(visit: Visit, address: Address, token: Option<MintedToken>, in_query: bool) -> JoinAnswer {
    let config = ConfigOverwrite::new(&visit);
    let token = token.map(|token| token.expose().to_owned());
    let mut fragment = Fragment::default();
    let query = match &token {
        Some(token) if in_query => format!("?jwt={token}"),
        Some(token) => {
            fragment.set_token(token);
            String::new()
        }
        None => String::new(),
    };
    config.write(&mut fragment);
    set_user(&mut fragment, &visit.user_info);
    let url = format!("{}{query}{}", address.url, fragment.finish());
    let script_url = Some(format!("{}/external_api.js", address.base));
    let token_in = token.as_ref().map(|_| if in_query { TokenIn::Query } else { TokenIn::Fragment });
    let feature_flags = Some(FeatureFlags::new(&visit));
    JoinAnswer { url, token, token_in, script_url, config_overwrite: Some(config), feature_flags, ..bare(visit, address) }
}

fn set_user(fragment: &mut Fragment, user: &UserInfo) {
    for (name, value) in [("userInfo.displayName", &user.display_name), ("userInfo.email", &user.email)] {
        if let Some(value) = value {
            fragment.set_text(name, value);
        }
    }
}

// A call that we only know the address of.
fn elsewhere(visit: Visit, address: Address) -> JoinAnswer {
    let mode_reason = Some("This provider opens in a page of its own".to_owned());
    JoinAnswer { mode: Mode::Redirect, mode_reason, expires_at: None, ..bare(visit, address) }
}

fn bare(visit: Visit, address: Address) -> JoinAnswer {
    // Embedded there, a call is cut after five minutes.
    let is_demo = address.domain == "meet.jit.si";
    let reason = "Embedding meet.jit.si is for demonstrations only and ends after five minutes, so it opens in a page of its own";
    JoinAnswer {
        decision: "admit".to_owned(),
        url: address.url,
        mode: if is_demo { Mode::Redirect } else { Mode::Embed },
        mode_reason: is_demo.then(|| reason.to_owned()),
        provider: visit.provider,
        domain: address.domain,
        room: address.room,
        token: None,
        token_in: None,
        expires_at: visit.expires_at,
        is_moderator: visit.is_moderator,
        user_info: visit.user_info,
        config_overwrite: None,
        feature_flags: None,
        server_url: address.server_url,
        script_url: None,
        subject: visit.subject,
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
