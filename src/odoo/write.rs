//! Creating, changing, deleting, and what buttons do.
//!
//! Everything that can be known before is known before; then one unit of work does all records of a call, or none.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::asked::{Arguments, Asked, text};
use super::deed::{Deed, Step};
use super::fault::Fault;
use super::model::Field;
use super::models;
use super::numbers::Key;
use super::values::Wanted;
use crate::db::Tx;
use crate::join::JoinRequest;
use crate::kernel::{FieldId, MeetingId, PlaceId};
use crate::meetings::input::NewMeeting;
use crate::meetings::{Action, PeopleChange};
use crate::rpc::read;

impl Asked<'_> {
    /// `create`: the numbers of what was made, in the order of the values.
    pub async fn create(&self, all: Vec<Map<String, Value>>) -> Result<Vec<i64>, Fault> {
        let mut deeds = Vec::with_capacity(all.len());
        for values in all {
            deeds.push(self.creation(self.with_defaults(values)).await?);
        }
        let made = self.carry_out(deeds).await?;
        let mut numbers = Vec::with_capacity(made.len());
        for key in made {
            numbers.push(self.odoo.numbers.one(self.ctx.org, self.model, Key::Record(key)).await?);
        }
        Ok(numbers)
    }

    // `default_name` in the context counts where the values say nothing.
    fn with_defaults(&self, mut values: Map<String, Value>) -> Map<String, Value> {
        for (name, value) in &self.context {
            if let Some(field) = name.strip_prefix("default_").and_then(|name| self.model.field(name)).filter(|field| !field.rpc.is_empty())
            {
                values.entry(field.name).or_insert_with(|| value.clone());
            }
        }
        values
    }

    async fn creation(&self, values: Map<String, Value>) -> Result<Deed, Fault> {
        if self.model.name == "omeet.participant" {
            let meeting = values.get("meeting_id").and_then(Value::as_i64).ok_or_else(|| required("Meeting", "meeting_id"))?;
            let id = self.record_id(models::of("jitsi.meeting")?, meeting).await?;
            return Ok(Deed::Person(id.into(), PeopleChange::Add(vec![self.newcomer(&values).await?])));
        }
        let mut wanted = self.wanted(&values).await?;
        if let Some(field) = self.model.fields.iter().find(|field| is_missing(field, &wanted)) {
            return Err(required(field.string, field.name));
        }
        wanted.params.retain(|_, value| !value.is_null());
        match self.model.name {
            "jitsi.meeting" => self.new_meeting(wanted),
            "omeet.custom.field" => Ok(Deed::Field(Box::new(read(&Value::Object(wanted.params))?))),
            "omeet.room" => Ok(Deed::Room(Box::new(read(&Value::Object(wanted.params))?))),
            "res.users" => Ok(Deed::User(Box::new(read(&Value::Object(wanted.params))?))),
            _ => Err(self.not_allowed("create")),
        }
    }

    fn new_meeting(&self, mut wanted: Wanted) -> Result<Deed, Fault> {
        match wanted.state.as_deref() {
            None | Some("ready") => {}
            Some("draft") => drop(wanted.params.insert("draft".to_owned(), json!(true))),
            Some(state) => {
                return Err(Fault::validation(format!("A meeting cannot be created in the state {state}: create it, then change it")));
            }
        }
        self.drop_own_name(&mut wanted);
        let mut new: NewMeeting = read(&Value::Object(wanted.params))?;
        for change in wanted.people {
            // Nobody is there yet, so nobody can go.
            if let PeopleChange::Add(persons) = change {
                new.participants.extend(persons);
            }
        }
        Ok(Deed::Meeting(Box::new(new)))
    }

    // Naming oneself as organizer needs no right.
    fn drop_own_name(&self, wanted: &mut Wanted) {
        if wanted.params.get("organizer").is_some_and(|organizer| organizer["id"].as_str() == Some(&self.user.external_id)) {
            wanted.params.remove("organizer");
        }
    }

    /// `write`.
    pub async fn write(&self, numbers: &[i64], values: &Map<String, Value>) -> Result<(), Fault> {
        if values.is_empty() {
            return self.all_there(numbers).await;
        }
        let mut deeds = Vec::with_capacity(numbers.len());
        for number in numbers {
            deeds.push(self.change(*number, values).await?);
        }
        self.carry_out(deeds).await.map(drop)
    }

    async fn all_there(&self, numbers: &[i64]) -> Result<(), Fault> {
        let there = self.present(numbers).await?;
        numbers.iter().find(|number| !there.contains(number)).map_or(Ok(()), |number| Err(self.missing(*number)))
    }

    async fn change(&self, number: i64, values: &Map<String, Value>) -> Result<Deed, Fault> {
        let id = self.record_id(self.model, number).await?;
        if self.model.name == "omeet.participant" {
            return self.changed_person(number, id, values).await;
        }
        let mut wanted = self.wanted(values).await?;
        match self.model.name {
            "jitsi.meeting" => meeting_steps(id, wanted).map(|steps| Deed::Change(id, steps)),
            "omeet.custom.field" => {
                wanted.params.insert("id".to_owned(), json!(FieldId::from(id)));
                Ok(Deed::ChangeField(Box::new(read(&Value::Object(wanted.params))?)))
            }
            "omeet.room" => {
                wanted.params.insert("id".to_owned(), json!(PlaceId::from(id)));
                Ok(Deed::ChangeRoom(Box::new(read(&Value::Object(wanted.params))?)))
            }
            _ => Err(self.not_allowed("write")),
        }
    }

    async fn changed_person(&self, number: i64, id: Uuid, values: &Map<String, Value>) -> Result<Deed, Fault> {
        let meeting = self.meeting_of(number).await?;
        match values.get("role").and_then(Value::as_str) {
            Some(role) if values.len() == 1 => Ok(Deed::Change(meeting, vec![Step::Role(id, role.to_owned())])),
            _ => Err(Fault::user("Only the role of an omeet.participant can be changed; who they are comes from the contact")),
        }
    }

    async fn meeting_of(&self, participant: i64) -> Result<Uuid, Fault> {
        let fields = self.fields(&["meeting_id".to_owned()])?;
        let shown = self.read_records(&[participant], &fields, false).await?;
        let meeting = shown.first().and_then(|shown| shown["meeting_id"].as_i64()).ok_or_else(|| self.missing(participant))?;
        self.record_id(models::of("jitsi.meeting")?, meeting).await
    }

    async fn record_id(&self, model: &'static super::model::Model, number: i64) -> Result<Uuid, Fault> {
        match self.key(model, number).await? {
            Key::Record(id) => Ok(id),
            Key::Word(_) | Key::Number(_) => Err(self.of(model).missing(number)),
        }
    }

    /// `unlink`.
    pub async fn unlink(&self, numbers: &[i64]) -> Result<(), Fault> {
        let mut deeds = Vec::new();
        for number in numbers.iter().copied() {
            let id = self.record_id(self.model, number).await?;
            deeds.push(match self.model.name {
                "jitsi.meeting" => Deed::DeleteMeeting(id),
                "omeet.custom.field" => Deed::DeleteField(id),
                "omeet.room" => Deed::DeleteRoom(id),
                "omeet.participant" => Deed::Person(self.meeting_of(number).await?.into(), PeopleChange::Remove(id.into())),
                _ => return Err(self.not_allowed("unlink")),
            });
        }
        self.carry_out(deeds).await.map(drop)
    }

    /// `copy`: what a person would fill in again, under a new code.
    pub async fn copy(&self, numbers: &[i64], changed: &Map<String, Value>) -> Result<Vec<i64>, Fault> {
        if self.model.name != "jitsi.meeting" {
            return Err(Fault::user(format!("{} cannot be copied", self.model.name)));
        }
        let copied = [
            "name",
            "description",
            "meeting_type",
            "scheduled_date",
            "duration",
            "tz",
            "access",
            "lobby",
            "wait_for_host",
            "early_open_min",
            "grace_min",
            "max_participants",
            "recording_by",
            "provider_id",
            "custom",
            "attendee_ids",
        ];
        let fields = self.fields(&copied.map(str::to_owned))?;
        let mut all = Vec::new();
        for mut values in self.read_records(numbers, &fields, false).await? {
            values.remove("id");
            values.insert("name".to_owned(), json!(format!("{} (copy)", values["name"].as_str().unwrap_or_default())));
            values.retain(|_, value| !matches!(value, Value::Bool(false) | Value::Null));
            if let Some(attendees) = values.get_mut("attendee_ids") {
                *attendees = json!([[6, 0, attendees]]);
            }
            values.extend(changed.clone());
            all.push(values);
        }
        self.create(all).await
    }

    /// A button: `action_start` and its kin.
    pub async fn act(&self, name: &str, numbers: &[i64], arguments: &Arguments) -> Result<Value, Fault> {
        match name {
            "action_join" => return self.join(numbers).await,
            "action_download" => return self.download(numbers).await,
            _ => {}
        }
        let action = match name {
            "action_confirm" => Action::Claim,
            "action_start" => Action::Start,
            "action_end" => Action::End,
            "action_reopen" => Action::Reopen,
            "action_cancel" => Action::Cancel,
            _ => return Err(Fault::attribute(format!("The method '{}.{name}' does not exist", self.model.name))),
        };
        let reason = text(arguments, "reason").map(str::to_owned);
        let mut deeds = Vec::new();
        for number in numbers {
            let id = self.record_id(self.model, *number).await?;
            deeds.push(Deed::Change(id, vec![Step::Go(action, reason.clone())]));
        }
        self.carry_out(deeds).await?;
        Ok(json!(true))
    }

    async fn only(&self, numbers: &[i64]) -> Result<Uuid, Fault> {
        match numbers {
            [number] => self.record_id(self.model, *number).await,
            _ => Err(Fault::value(format!("Expected singleton: {}({})", self.model.name, listed(numbers)))),
        }
    }

    async fn download(&self, numbers: &[i64]) -> Result<Value, Fault> {
        let id = self.only(numbers).await?;
        let download = self.odoo.recordings.download_url(&self.ctx, id.into()).await?;
        Ok(json!({ "type": "ir.actions.act_url", "url": download.url, "target": "new" }))
    }

    // Where Odoo's web client would send the person.
    async fn join(&self, numbers: &[i64]) -> Result<Value, Fault> {
        let id = self.only(numbers).await?;
        let request = JoinRequest { id: Some(id.into()), room_code: None, ticket: None, password: None, display_name: None };
        let answer = json!(self.odoo.joining.join(&self.ctx, request).await?);
        Ok(json!({ "type": "ir.actions.act_url", "url": answer["url"], "target": "new" }))
    }

    /// Odoo's words for what nobody may do.
    pub fn not_allowed(&self, operation: &str) -> Fault {
        let verb = match operation {
            "read" => "access",
            "write" => "modify",
            "create" => "create",
            _ => "delete",
        };
        let model = self.model;
        Fault::access(format!(
            "You are not allowed to {verb} '{}' ({}) records.\n\nNo group currently allows this operation.\n\nContact your administrator to request access if necessary.",
            model.description, model.name
        ))
    }

    async fn carry_out(&self, deeds: Vec<Deed>) -> Result<Vec<Uuid>, Fault> {
        let (meetings, ctx) = (self.odoo.meetings.clone(), self.ctx.clone());
        let forgets_users = deeds.iter().any(|deed| matches!(deed, Deed::User(_)));
        let unit = async move |tx: &mut Tx| {
            let mut made = Vec::with_capacity(deeds.len());
            for deed in deeds {
                made.extend(deed.carry_out(tx, &ctx, &meetings).await?);
            }
            Ok(made)
        };
        let made = self.odoo.db.write(&self.ctx, move |tx| Box::pin(async move { unit(tx).await })).await?;
        if forgets_users {
            self.odoo.gate.forget_users();
        }
        Ok(made)
    }
}

fn meeting_steps(id: Uuid, mut wanted: Wanted) -> Result<Vec<Step>, Fault> {
    let mut steps = Vec::new();
    if wanted.params.contains_key("res_model") || wanted.params.contains_key("res_id") {
        let mut part = |name: &str| wanted.params.remove(name).as_ref().and_then(Value::as_str).map(str::to_owned);
        steps.push(Step::Link(match (part("res_model"), part("res_id")) {
            (Some(model), Some(id)) => Some((model, id)),
            (None, None) => None,
            _ => return Err(Fault::validation("res_model and res_id are written together")),
        }));
    }
    if wanted.params.remove("meeting_type").is_some() && wanted.params.is_empty() && wanted.people.is_empty() && wanted.state.is_none() {
        return Err(Fault::user("jitsi.meeting.meeting_type cannot be changed afterwards"));
    }
    if !wanted.params.is_empty() {
        wanted.params.insert("id".to_owned(), json!(MeetingId::from(id)));
        wanted.params.retain(|name, value| !value.is_null() || matches!(name.as_str(), "provider_id" | "external_key" | "series_key"));
        steps.push(Step::Update(Box::new(read(&Value::Object(wanted.params))?)));
    }
    steps.extend(wanted.people.into_iter().map(Step::People));
    for (key, role) in wanted.roles {
        if let Key::Record(participant) = key {
            steps.push(Step::Role(participant, role));
        }
    }
    steps.extend(wanted.state.map(Step::Reach));
    Ok(steps)
}

// What has a default of its own need not be given.
fn is_missing(field: &Field, wanted: &Wanted) -> bool {
    let given = wanted.params.get(field.rpc).is_some_and(|value| !value.is_null());
    field.required && matches!(field.kind, super::model::Kind::Char) && !field.rpc.is_empty() && !given
}

fn required(string: &str, name: &str) -> Fault {
    Fault::validation(format!(
        "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n\nField: {string} ({name})"
    ))
}

fn listed(numbers: &[i64]) -> String {
    numbers.iter().map(|number| format!("{number},")).collect::<Vec<_>>().join(" ")
}
