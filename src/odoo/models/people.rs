//! Who is there: users, the people of meetings, the organization.

use super::super::model::{Field, Identity, Kind, Link, Model, Rights};
use super::{company, log_fields};
use crate::meetings::PERSONS;
use crate::tenancy::{organizations, users};

const ROLES: &[(&str, &str)] = &[("user", "User"), ("manager", "Manager"), ("admin", "Administrator")];
const PARTNER: Kind =
    Kind::Many2one { link: Link { model: "res.partner", before: "u.person in ", after: "", key: "t.person", pairs: "" }, label: "u.name" };
const COMPANY: Kind = company("u.org_id in ", "(select name from organization where id = u.org_id)");

pub(super) fn users() -> Model {
    let mut fields = vec![
        Field::new("name", "Name", Kind::Char, "u.name").required().rpc("name"),
        Field::new("login", "Login", Kind::Char, "u.login").required().rpc("id"),
        Field::new("email", "Email", Kind::Char, "u.email").rpc("email"),
        Field::new("active", "Active", Kind::Boolean, "u.active"),
        Field::new("role", "Role", Kind::Selection(ROLES), "u.role").rpc("role"),
        Field::new("tz", "Timezone", Kind::Char, "u.tz").rpc("tz"),
        Field::new("lang", "Language", Kind::Char, "u.lang").rpc("lang"),
        Field::new("partner_id", "Related Partner", PARTNER, "u.person"),
        Field::new("company_id", "Company", COMPANY, "u.org_id"),
    ];
    fields.extend(log_fields("u.created_at", "u.updated_at"));
    Model {
        name: "res.users",
        description: "User",
        relation: &users::RELATION,
        identity: Identity::Record,
        key_in: "u.id in ",
        rec_name: "name",
        order: "name, login",
        fields,
        // Everybody sees themselves, whoever may list meetings.
        rights: Rights { create: Some("user.upsert"), ..Rights::read_only("meeting.list") },
    }
}

pub(super) fn partners() -> Model {
    Model {
        name: "res.partner",
        description: "Contact",
        relation: &PERSONS,
        identity: Identity::Word,
        key_in: "t.person in ",
        rec_name: "name",
        order: "name, id",
        fields: vec![
            Field::new("name", "Name", Kind::Char, "t.name"),
            Field::new("email", "Email", Kind::Char, "t.email"),
            Field::new("ref", "Reference", Kind::Char, "t.partner_id").help("The ERP's identifier of the contact."),
            Field::new("create_date", "Created on", Kind::Datetime, "t.created_at"),
        ],
        rights: Rights::read_only("participant.list"),
    }
}

pub(super) fn companies() -> Model {
    Model {
        name: "res.company",
        description: "Companies",
        relation: &organizations::RELATION,
        identity: Identity::Record,
        key_in: "g.id in ",
        rec_name: "name",
        order: "name, id",
        fields: vec![
            Field::new("name", "Company Name", Kind::Char, "g.name").required(),
            Field::new("create_date", "Created on", Kind::Datetime, "g.created_at"),
        ],
        rights: Rights::read_only("organization.get"),
    }
}
