//! The values of `create` and `write`, turned into the parameters of `/rpc`.

use serde_json::{Map, Value, json};

use super::asked::Asked;
use super::commands::{self, Command};
use super::fault::Fault;
use super::model::{Field, Kind, Model};
use super::models;
use super::numbers::Key;
use super::python::{parse_datetime, short_repr};
use super::read::Record;
use crate::meetings::PeopleChange;
use crate::meetings::input::Person;

/// What a caller wants a record to be.
#[derive(Debug, Default)]
pub struct Wanted {
    /// As `/rpc` takes it.
    pub params: Map<String, Value>,
    /// Who comes and goes.
    pub people: Vec<PeopleChange>,
    /// The state it is to have.
    pub state: Option<String>,
    /// Who are to get another role: participant and role.
    pub roles: Vec<(Key, String)>,
}

impl Asked<'_> {
    /// Reads the values of one record.
    pub async fn wanted(&self, values: &Map<String, Value>) -> Result<Wanted, Fault> {
        let mut wanted = Wanted::default();
        for (name, value) in values {
            let field = self.writable(name)?;
            match field.kind {
                Kind::Many2one { link, .. } => {
                    let other = self.one(field, link.model, value).await?;
                    wanted.params.insert(field.rpc.to_owned(), other);
                }
                Kind::One2many { link, .. } | Kind::Many2many(link) => {
                    for command in commands::read(name, value)? {
                        self.people(models::of(link.model)?, command, &mut wanted).await?;
                    }
                }
                _ if field.rpc == "state" => wanted.state = value.as_str().map(str::to_owned),
                _ => put(&mut wanted.params, field.rpc, plain(self.model, field, value)?),
            }
        }
        Ok(wanted)
    }

    fn writable(&self, name: &str) -> Result<&'static Field, Fault> {
        let field = self.model.field(name);
        let field = field.ok_or_else(|| Fault::value(format!("Invalid field '{name}' in '{}'", self.model.name)))?;
        if field.rpc.is_empty() {
            return Err(Fault::user(format!("{}.{name} cannot be written: omeet decides it", self.model.name)));
        }
        Ok(field)
    }

    /// The record with this number, read by `fields`.
    async fn record(&self, model: &'static Model, number: i64, fields: &[&str]) -> Result<Record, Fault> {
        let asked = self.of(model);
        let fields = asked.fields(&fields.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
        asked.read_records(&[number], &fields, true).await?.pop().ok_or_else(|| asked.missing(number))
    }

    /// The same caller, asking another model.
    pub fn of(&self, model: &'static Model) -> Asked<'_> {
        Asked { odoo: self.odoo, ctx: self.ctx.clone(), user: self.user.clone(), uid: self.uid, context: self.context.clone(), model }
    }

    /// The key behind the number of a record that the caller may see.
    pub async fn key(&self, model: &'static Model, number: i64) -> Result<Key, Fault> {
        let asked = self.of(model);
        if asked.present(&[number]).await?.is_empty() {
            return Err(asked.missing(number));
        }
        let mut tx = self.odoo.db.reader().await?;
        let key = self.odoo.numbers.keys(&mut tx, self.ctx.org, model, &[number]).await?.pop();
        key.map(|(_, key)| key).ok_or_else(|| asked.missing(number))
    }

    // What a many2one becomes: null, or what /rpc names such a record by.
    async fn one(&self, field: &Field, model: &'static str, value: &Value) -> Result<Value, Fault> {
        let number = match value {
            Value::Null | Value::Bool(false) => return Ok(Value::Null),
            Value::Array(pair) => pair.first().and_then(Value::as_i64),
            value => value.as_i64(),
        };
        let number =
            number.ok_or_else(|| Fault::value(format!("Wrong value for {}.{}: {}", self.model.name, field.name, short_repr(value))))?;
        let other = models::of(model)?;
        match model {
            "res.users" => self.user(number).await,
            "res.partner" => Ok(json!(self.person(number).await?)),
            "omeet.provider" => prefixed("prv", self.key(other, number).await?),
            "jitsi.meeting" => prefixed("mtg", self.key(other, number).await?),
            _ => Err(Fault::user(format!("{}.{} cannot be written", self.model.name, field.name))),
        }
    }

    // A user as /rpc takes one: by the ERP's identifier.
    async fn user(&self, number: i64) -> Result<Value, Fault> {
        let users = models::of("res.users")?;
        let Key::Record(id) = self.key(users, number).await? else { return Err(self.of(users).missing(number)) };
        let found = crate::tenancy::users::find(&mut self.odoo.db.reader().await?, self.ctx.org, id.into()).await?;
        found.map(|user| json!({ "id": user.external_id })).ok_or_else(|| self.of(users).missing(number))
    }

    // A contact as /rpc takes one, by how its key names it.
    async fn person(&self, number: i64) -> Result<Value, Fault> {
        let partners = models::of("res.partner")?;
        let Key::Word(word) = self.key(partners, number).await? else { return Err(self.of(partners).missing(number)) };
        if let Some(user) = word.strip_prefix("user:") {
            let user = user.parse().map_err(|_| self.of(partners).missing(number))?;
            let found = crate::tenancy::users::find(&mut self.odoo.db.reader().await?, self.ctx.org, user).await?;
            let user = found.ok_or_else(|| self.of(partners).missing(number))?;
            return Ok(json!({ "user": { "id": user.external_id } }));
        }
        let shown = self.record(partners, number, &["name", "email", "ref"]).await?;
        let text = |name: &str| shown.get(name).and_then(Value::as_str);
        Ok(json!({ "name": text("name"), "email": text("email"), "partner_id": text("ref") }))
    }

    async fn people(&self, other: &'static Model, command: Command, wanted: &mut Wanted) -> Result<(), Fault> {
        let change = match command {
            Command::Create(values) => PeopleChange::Add(vec![self.newcomer(&values).await?]),
            Command::Update(number, values) => match values.get("role").and_then(Value::as_str) {
                Some(role) if values.len() == 1 && other.name == "omeet.participant" => {
                    wanted.roles.push((self.key(other, number).await?, role.to_owned()));
                    return Ok(());
                }
                _ => return Err(not_in_place(other, values.keys())),
            },
            Command::Remove(number) => PeopleChange::Drop(vec![self.word(other, number).await?]),
            Command::Link(_) if other.name == "omeet.participant" => return Ok(()),
            Command::Link(number) => PeopleChange::Add(vec![self.linked(number).await?]),
            Command::Clear => PeopleChange::Keep(Vec::new()),
            Command::Set(numbers) => {
                let (mut words, mut persons) = (Vec::new(), Vec::new());
                for number in numbers {
                    words.push(self.word(other, number).await?);
                    if other.name == "res.partner" {
                        persons.push(self.linked(number).await?);
                    }
                }
                wanted.people.push(PeopleChange::Keep(words));
                PeopleChange::Add(persons)
            }
        };
        wanted.people.push(change);
        Ok(())
    }

    async fn linked(&self, number: i64) -> Result<Person, Fault> {
        Ok(crate::rpc::read(&self.person(number).await?)?)
    }

    // How the people of a meeting tell this one apart.
    async fn word(&self, other: &'static Model, number: i64) -> Result<String, Fault> {
        let partners = models::of("res.partner")?;
        let number = if other.name == "omeet.participant" {
            let shown = self.record(other, number, &["partner_id"]).await?;
            shown["partner_id"][0].as_i64().ok_or_else(|| self.of(other).missing(number))?
        } else {
            number
        };
        match self.key(partners, number).await? {
            Key::Word(word) => Ok(word),
            Key::Record(_) | Key::Number(_) => Err(self.of(partners).missing(number)),
        }
    }

    /// Somebody new, from the fields of a participant or a contact.
    pub async fn newcomer(&self, values: &Map<String, Value>) -> Result<Person, Fault> {
        let mut person = Map::new();
        for (name, value) in values {
            match (name.as_str(), value) {
                (_, Value::Null | Value::Bool(false)) => {}
                ("name" | "email" | "role", value) => drop(person.insert(name.clone(), value.clone())),
                ("user_id", value) => {
                    let number = value.as_i64().ok_or_else(|| Fault::value(format!("Wrong value for user_id: {}", short_repr(value))))?;
                    person.insert("user".to_owned(), self.user(number).await?);
                }
                ("partner_id", value) => {
                    let number =
                        value.as_i64().ok_or_else(|| Fault::value(format!("Wrong value for partner_id: {}", short_repr(value))))?;
                    let found = self.person(number).await?;
                    person.extend(found.as_object().cloned().unwrap_or_default().into_iter().filter(|(_, value)| !value.is_null()));
                }
                ("meeting_id", _) => {}
                (name, _) => return Err(Fault::value(format!("Invalid field '{name}' in 'omeet.participant'"))),
            }
        }
        Ok(crate::rpc::read(&Value::Object(person))?)
    }
}

fn prefixed(prefix: &str, key: Key) -> Result<Value, Fault> {
    match key {
        Key::Record(id) => Ok(json!(format!("{prefix}_{}", id.simple()))),
        Key::Word(_) | Key::Number(_) => Err(Fault::value("no such record")),
    }
}

// Who somebody is comes from the ERP, or from whoever added them; what they are in a meeting is the meeting's.
fn not_in_place<'a>(other: &Model, fields: impl Iterator<Item = &'a String>) -> Fault {
    let named: Vec<_> = fields.map(String::as_str).filter(|field| *field != "role" || other.name != "omeet.participant").collect();
    if named.is_empty() {
        return Fault::value("Wrong value for omeet.participant.role: it must be one of host, co_host, participant");
    }
    Fault::user(format!("Only the role in omeet.participant can be changed in place, not {} in {}", named.join(", "), other.name))
}

// `options.lobby` goes into `options`.
fn put(params: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => drop(params.insert(path.to_owned(), value)),
        Some((outer, inner)) => {
            if let Some(outer) = params.entry(outer).or_insert_with(|| json!({})).as_object_mut() {
                outer.insert(inner.to_owned(), value);
            }
        }
    }
}

// `False` takes away; anything else has to be of the field's kind.
fn plain(model: &Model, field: &Field, value: &Value) -> Result<Value, Fault> {
    let refuse = || Fault::value(format!("Wrong value for {}.{}: {}", model.name, field.name, short_repr(value)));
    let is_nothing = matches!(value, Value::Null | Value::Bool(false));
    if is_nothing && field.required {
        return Err(Fault::validation(format!("The operation cannot be completed: {} ({}) is required", field.string, field.name)));
    }
    match (field.kind, value) {
        (Kind::Boolean, Value::Bool(truth)) => Ok(json!(truth)),
        (Kind::Boolean, Value::Null) => Ok(json!(false)),
        (Kind::Boolean, Value::Number(number)) => Ok(json!(number.as_f64() != Some(0.0))),
        (Kind::Text, _) if is_nothing => Ok(json!("")),
        (Kind::Char, _) if is_nothing && field.name == "location" => Ok(json!("")),
        (Kind::Integer, Value::Number(number)) if matches!(field.name, "max_participants" | "capacity") && number.as_i64() == Some(0) => {
            Ok(Value::Null)
        }
        (_, _) if is_nothing => Ok(Value::Null),
        (Kind::Integer, Value::Number(number)) => {
            let whole =
                number.as_i64().or_else(|| number.as_f64().filter(|real| real.fract() == 0.0 && real.abs() < 9e15).map(|real| real as i64));
            whole.map(|whole| json!(whole)).ok_or_else(refuse)
        }
        (Kind::Datetime, Value::String(text)) => parse_datetime(text)
            .map(|instant| json!(instant))
            .ok_or_else(|| Fault::value(format!("time data {} does not match format '%Y-%m-%d %H:%M:%S'", short_repr(value)))),
        (Kind::Selection(choices), Value::String(text)) if choices.iter().any(|(key, _)| key == text) => Ok(value.clone()),
        (Kind::Char | Kind::Text, Value::String(text)) if !text.contains('\0') => Ok(value.clone()),
        (Kind::Char | Kind::Text, Value::Number(number)) => Ok(json!(number.to_string())),
        (Kind::Json, value) => Ok(value.clone()),
        _ => Err(refuse()),
    }
}
