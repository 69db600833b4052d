//! Who is told by mail at all, and how long before.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::store;
use crate::db::Tx;
use crate::kernel::failure::invalid;
use crate::kernel::{Failure, OrgId};
use crate::meetings::MeetingView;

/// Most reminders per meeting.
const MAX_REMINDERS: usize = 5;
/// Longest time before a meeting: four weeks.
const MAX_REMINDER_MIN: i64 = 28 * 24 * 60;

/// When omeet writes letters about meetings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailMode {
    /// Unless the meeting is an ERP's, which writes them itself: one with a document (`res_model`) or an `external_key`.
    #[default]
    Auto,
    /// About every meeting.
    Always,
    /// About none.
    Never,
}

impl MailMode {
    const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

/// What an organization wants to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// When omeet writes invitations, changes and cancellations.
    #[serde(default)]
    pub mail: MailMode,
    /// Minutes before the start of every meeting at which it is reminded of: the event `meeting.reminder`, and letters.
    #[serde(default = "usual")]
    pub reminder_min: Vec<i64>,
    /// Whether reminders are also letters, for meetings about which letters are written.
    #[serde(default = "yes")]
    pub reminder_mail: bool,
}

fn usual() -> Vec<i64> {
    vec![15]
}

fn yes() -> bool {
    true
}

impl Default for Settings {
    fn default() -> Self {
        Self { mail: MailMode::Auto, reminder_min: usual(), reminder_mail: true }
    }
}

impl Settings {
    /// The organization's.
    pub(super) async fn of(tx: &mut Tx, org: OrgId) -> Result<Self, Failure> {
        let Some((mail, reminder_min, reminder_mail)) = store::settings(tx, org).await? else { return Ok(Self::default()) };
        let mail = [MailMode::Auto, MailMode::Always, MailMode::Never].into_iter().find(|mode| mode.name() == mail);
        Ok(Self { mail: mail.unwrap_or_default(), reminder_min, reminder_mail })
    }

    pub(super) async fn put(self, tx: &mut Tx, org: OrgId) -> Result<Self, Failure> {
        let checked = self.checked()?;
        store::put_settings(tx, org, checked.mail.name(), &checked.reminder_min, checked.reminder_mail).await?;
        Ok(checked)
    }

    fn checked(mut self) -> Result<Self, Failure> {
        self.reminder_min.sort_unstable_by(|a, b| b.cmp(a));
        self.reminder_min.dedup();
        let fits = self.reminder_min.len() <= MAX_REMINDERS && self.reminder_min.iter().all(|min| (1..=MAX_REMINDER_MIN).contains(min));
        if fits { Ok(self) } else { Err(invalid("reminder_min", "must be up to 5 numbers of minutes, 1 to 40320 each")) }
    }
}

/// Whether letters are written about a meeting: its own choice, then the organization's.
pub(super) async fn writes_letters(tx: &mut Tx, org: OrgId, settings: &Settings, view: &MeetingView) -> Result<bool, Failure> {
    if let Some(choice) = store::choice(tx, org, view.id).await? {
        return Ok(choice);
    }
    Ok(match settings.mail {
        MailMode::Always => true,
        MailMode::Never => false,
        MailMode::Auto => view.res_model.is_none() && view.external_key.is_none(),
    })
}
