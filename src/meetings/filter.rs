//! Which meetings a list shows, in which order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::model::{Access, MeetingType};
use super::state::State;
use crate::kernel::Timestamp;

/// Conditions that meetings have to meet together.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingFilter {
    /// Only those that end after this instant.
    pub from: Option<Timestamp>,
    /// Only those that start before this instant.
    pub to: Option<Timestamp>,
    /// Only in one of these states.
    pub state: Option<Vec<State>>,
    /// Only with this access.
    pub access: Option<Access>,
    /// Only of this type.
    pub meeting_type: Option<MeetingType>,
    /// Only called by this user: `usr_...`, or the ERP's identifier.
    pub host: Option<String>,
    /// Only with this person: `usr_...`, the ERP's identifier of a user, or an e-mail address.
    pub participant: Option<String>,
    /// Only of documents of this model.
    pub res_model: Option<String>,
    /// Only of this document; needs `res_model`.
    pub res_id: Option<String>,
    /// Only with this external key.
    pub external_key: Option<String>,
    /// Only of this series.
    pub series_key: Option<String>,
    /// Only whose name, description or room code holds this text, in any case.
    pub text: Option<String>,
    /// Only with these values of custom fields.
    #[serde(default)]
    pub custom: Map<String, Value>,
    /// In which order; latest start first when absent.
    pub sort: Option<Sort>,
    /// 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Sort {
    /// Earliest start first.
    #[serde(rename = "start")]
    Start,
    /// Latest start first.
    #[default]
    #[serde(rename = "-start")]
    StartDescending,
    /// First created first.
    #[serde(rename = "created_at")]
    Created,
    /// Last created first.
    #[serde(rename = "-created_at")]
    CreatedDescending,
    /// By name.
    #[serde(rename = "name")]
    Name,
}
