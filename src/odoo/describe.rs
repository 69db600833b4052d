//! What models say of themselves.

use serde_json::{Map, Value, json};

use super::asked::{Arguments, Asked, names};
use super::call::Visitor;
use super::fault::Fault;
use super::methods::METHODS;
use super::model::{Field, Kind, Model};
use super::{Odoo, python};

impl Asked<'_> {
    /// `fields_get`.
    pub fn fields_get(&self, arguments: &Arguments) -> Result<Value, Fault> {
        let (wanted, attributes) = (names(arguments, "allfields")?, names(arguments, "attributes")?);
        let fields = self.model.fields.iter().filter(|field| wanted.is_empty() || wanted.iter().any(|name| name == field.name));
        let described = fields.map(|field| {
            let mut all = attributes_of(field);
            all.retain(|name, _| attributes.is_empty() || attributes.contains(name));
            (field.name.to_owned(), Value::Object(all))
        });
        Ok(Value::Object(described.collect()))
    }

    /// `default_get`: what omeet would do where nothing is said.
    pub fn default_get(&self, arguments: &Arguments) -> Result<Value, Fault> {
        let wanted = names(arguments, "fields")?;
        let mut defaults = Map::new();
        for name in &wanted {
            let given = self.context.get(&format!("default_{name}")).cloned();
            if let Some(value) = given.or_else(|| self.default_of(name)) {
                defaults.insert(name.clone(), value);
            }
        }
        Ok(Value::Object(defaults))
    }

    fn default_of(&self, name: &str) -> Option<Value> {
        let now = || json!(python::datetime(self.odoo.db.clock().now()));
        match (self.model.name, name) {
            ("jitsi.meeting", "meeting_type") => Some(json!("scheduled")),
            ("jitsi.meeting", "state") => Some(json!("ready")),
            ("jitsi.meeting", "access") => Some(json!("public")),
            ("jitsi.meeting", "recording_by") => Some(json!("moderators")),
            ("jitsi.meeting", "organizer_id" | "owner_id") => Some(json!(self.uid)),
            ("jitsi.meeting", "scheduled_date" | "start_datetime") => Some(now()),
            ("jitsi.meeting", "duration") => Some(json!(self.odoo.meetings.default_duration_min())),
            ("jitsi.meeting", "lobby" | "wait_for_host") => Some(json!(false)),
            ("omeet.participant", "role") => Some(json!("participant")),
            _ => None,
        }
    }
}

fn attributes_of(field: &Field) -> Map<String, Value> {
    let is_log = matches!(field.name, "id" | "display_name" | "create_date" | "write_date");
    let (searchable, stored) = (field.is_stored(), field.is_stored() && field.name != "display_name");
    let whole = json!({
        "name": field.name,
        "type": field.kind.name(),
        "string": field.string,
        "help": field.help,
        "readonly": field.rpc.is_empty() || is_log,
        "required": field.required,
        "store": stored,
        "searchable": searchable,
        "sortable": searchable && !field.kind.is_x2many(),
        "groupable": stored && !field.kind.is_x2many() && !matches!(field.kind, Kind::Json),
        "company_dependent": false,
        "depends": [],
        "manual": false,
        "exportable": true,
    });
    let parts = [whole, of_kind(&field.kind)].into_iter().filter_map(|part| part.as_object().cloned());
    parts.flatten().filter(|(name, value)| name != "help" || *value != "").collect()
}

// What only fields of this kind have.
fn of_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Selection(choices) => json!({ "selection": choices }),
        Kind::Many2one { link, .. } | Kind::Many2many(link) => json!({ "relation": link.model, "context": {}, "domain": [] }),
        Kind::One2many { link, inverse } => json!({ "relation": link.model, "relation_field": inverse, "context": {}, "domain": [] }),
        Kind::Char | Kind::Text => json!({ "translate": false, "trim": true }),
        Kind::Integer => json!({ "aggregator": "sum" }),
        Kind::Id | Kind::Boolean | Kind::Datetime | Kind::Json => json!({}),
    }
}

impl Odoo {
    /// `context_get`.
    pub async fn user_context(&self, visitor: &Visitor) -> Result<Value, Fault> {
        let organization = self.organization(visitor.ctx.org).await?;
        let lang = visitor.user.lang.clone().or_else(|| organization.as_ref().map(|organization| organization.lang.clone()));
        let tz = visitor.user.tz.clone().or_else(|| organization.as_ref().map(|organization| organization.tz.clone()));
        Ok(json!({ "lang": lang.map_or("en_US".to_owned(), |lang| locale(&lang)), "tz": tz, "uid": visitor.uid }))
    }

    /// `/doc-bearer/<model>.json`.
    pub fn document(&self, asked: &Asked<'_>) -> Result<Value, Fault> {
        let model = asked.model;
        let actions = model.rights.actions.iter().map(|(name, _)| *name);
        let shared = METHODS.iter().map(|method| method.name);
        let own = (model.name == "res.users").then_some("context_get");
        let mut methods = Map::new();
        for name in shared.chain(actions).chain(own) {
            methods.insert(name.to_owned(), super::methods::find(model, name)?.described(name));
        }
        let fields = asked.fields_get(&Arguments::new())?;
        Ok(json!({ "model": model.name, "name": model.description, "doc": null, "fields": fields, "methods": methods }))
    }

    /// `session_info`, as far as clients read it.
    pub async fn session_info(&self, visitor: &Visitor) -> Result<Value, Fault> {
        let organization = self.organization(visitor.ctx.org).await?.ok_or_else(Fault::denied)?;
        let company = super::models::of("res.company")?;
        let company_id = self.numbers.one(visitor.ctx.org, company, super::numbers::Key::Record(organization.id.into())).await?;
        let partner = super::numbers::Key::Word(format!("user:{}", visitor.user.id));
        let partner_id = self.numbers.one(visitor.ctx.org, super::models::of("res.partner")?, partner).await?;
        let is_admin = visitor.ctx.role == crate::kernel::Role::Admin;
        let companies = json!({ company_id.to_string(): { "id": company_id, "name": organization.name, "sequence": 10, "child_ids": [], "parent_id": false } });
        Ok(json!({
            "uid": visitor.uid,
            "is_system": is_admin,
            "is_admin": is_admin,
            "is_public": false,
            "is_internal_user": true,
            "user_context": self.user_context(visitor).await?,
            "db": organization.slug,
            "server_version": super::services::SERIES,
            "server_version_info": super::services::version_info(),
            "support_url": format!("{}/docs", self.base),
            "name": visitor.user.name,
            "username": visitor.user.login,
            "partner_display_name": visitor.user.name,
            "partner_id": partner_id,
            "company_id": company_id,
            "web.base.url": &*self.base,
            "active_ids_limit": 20_000,
            "max_file_upload_size": 0,
            "user_companies": {
                "current_company": company_id, "allowed_companies": companies, "disallowed_ancestor_companies": {}
            },
        }))
    }
}

/// `en` and `id_ID` as Odoo names languages.
fn locale(lang: &str) -> String {
    match lang.replace('-', "_").as_str() {
        "en" => "en_US".to_owned(),
        short if short.len() == 2 => format!("{short}_{}", short.to_uppercase()),
        long => long.to_owned(),
    }
}

/// The model that a document or a call is about, for whoever may read it.
pub fn readable(model: &'static Model) -> &'static str {
    model.rights.read
}
