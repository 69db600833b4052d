//! The Odoo dialect, called as Odoo's clients call it.

mod companions;
mod faces;

use std::time::Duration;

use omeet::kernel::Role;
use omeet::odoo::methods::{self, METHODS};
use omeet::odoo::{domain, models};
use omeet::rpc::Rule;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use crate::support::{Client, Service, in_min, on_every_engine};

/// A user of an organization who speaks Odoo's dialect.
#[derive(Clone)]
struct User {
    http: reqwest::Client,
    base: String,
    db: String,
    key: String,
    uid: Value,
}

impl User {
    async fn of(organization: &Client, db: &str, login: &str, role: &str) -> Self {
        organization.ok("user.upsert", json!({ "id": login, "name": login, "role": role })).await;
        let created = organization.ok("key.create", json!({ "kind": "user", "user": login, "role": role })).await;
        let key = created["key"].as_str().unwrap().to_owned();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        let mut user = Self { http, base: organization.base.clone(), db: db.to_owned(), key, uid: Value::Null };
        user.uid = user.service("common", "login", json!([db, login, user.key])).await["result"].clone();
        assert!(user.uid.is_i64(), "{}", user.uid);
        user
    }

    async fn post(&self, path: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "method": "call", "id": 7, "params": params });
        let sent = self.http.post(format!("{}{path}", self.base)).header(CONTENT_TYPE, "application/json").body(body.to_string());
        serde_json::from_str(&sent.send().await.unwrap().text().await.unwrap()).unwrap()
    }

    async fn service(&self, service: &str, method: &str, args: Value) -> Value {
        self.post("/jsonrpc", json!({ "service": service, "method": method, "args": args })).await
    }

    async fn call(&self, model: &str, method: &str, args: Value, kwargs: Value) -> Value {
        self.service("object", "execute_kw", json!([self.db, self.uid, self.key, model, method, args, kwargs])).await
    }

    async fn ok(&self, model: &str, method: &str, args: Value, kwargs: Value) -> Value {
        let answer = self.call(model, method, args.clone(), kwargs).await;
        assert!(answer.get("error").is_none(), "{model}.{method}{args}: {answer}");
        answer["result"].clone()
    }

    async fn fault(&self, model: &str, method: &str, args: Value, kwargs: Value) -> String {
        let answer = self.call(model, method, args.clone(), kwargs).await;
        answer["error"]["data"]["name"].as_str().unwrap_or_else(|| panic!("{model}.{method}{args}: {answer}")).to_owned()
    }

    async fn names(&self, domain: Value) -> Vec<String> {
        let found = self.ok(MEETING, "search_read", json!([domain, ["name"]]), json!({ "order": "name" })).await;
        found.as_array().unwrap().iter().map(|record| record["name"].as_str().unwrap().to_owned()).collect()
    }
}

const MEETING: &str = "jitsi.meeting";

async fn admin(service: &Service) -> (Client, User) {
    let organization = service.organization("A").await;
    let user = User::of(&organization, "a", "ana", "admin").await;
    (organization, user)
}

/// Arguments that any method takes without complaint about their number.
fn arguments(method: &methods::Method) -> Value {
    let own = if method.on_model { vec![] } else { vec![json!([1])] };
    let named = method.parameters.iter().take(method.required).map(|name| match *name {
        "operation" => json!("read"),
        "vals" | "vals_list" => json!({ "name": "x" }),
        "name" => json!("x"),
        _ => json!([]),
    });
    Value::Array(own.into_iter().chain(named).collect())
}

fn every_call() -> impl Iterator<Item = (&'static str, &'static str, Value, Option<&'static str>)> {
    models::every().iter().flat_map(|model| {
        let shared = METHODS.iter().map(|method| method.name).chain(model.rights.actions.iter().map(|(name, _)| *name));
        shared.map(move |name| {
            let method = methods::find(model, name).unwrap();
            (model.name, name, arguments(method), methods::rule(model, name, method))
        })
    })
}

// S1, fourth door: the table is made from the registry, the rules are those of /rpc.
#[tokio::test]
async fn who_may_not_call_a_method_may_not_call_it_here() {
    on_every_engine(async |service| {
        let (organization, ana) = admin(&service).await;
        let bogus = User { key: ana.key.replace('a', "b"), ..ana.clone() };
        let (user, manager) = (User::of(&organization, "a", "u", "user").await, User::of(&organization, "a", "m", "manager").await);
        let scoped = organization.ok("key.create", json!({ "kind": "user", "user": "u", "role": "user", "scopes": ["event:read"] })).await;
        let scoped = User { key: scoped["key"].as_str().unwrap().to_owned(), ..user.clone() };
        let rules: Map<String, Value> =
            service.app.methods().map(|method| (method.spec.name.to_owned(), json!(role_of(method.spec.rule)))).collect();
        let mut refused = 0;
        for (model, method, arguments, rule) in every_call() {
            assert_eq!(bogus.fault(model, method, arguments.clone(), json!({})).await, "odoo.exceptions.AccessDenied", "{model}.{method}");
            assert_eq!(scoped.fault(model, method, arguments.clone(), json!({})).await, "odoo.exceptions.AccessError", "{model}.{method}");
            for (caller, role) in [(&user, 0), (&manager, 1)] {
                let needed = rule.map_or(9, |rule| rules[rule].as_i64().unwrap());
                if role < needed {
                    let fault = caller.fault(model, method, arguments.clone(), json!({})).await;
                    assert_eq!(fault, "odoo.exceptions.AccessError", "{model}.{method} as {role}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 60, "{refused}");
    })
    .await;
}

fn role_of(rule: Rule) -> i64 {
    match rule {
        Rule::Public | Rule::AtLeast(Role::User) => 0,
        Rule::AtLeast(Role::Manager) => 1,
        Rule::AtLeast(Role::Admin) => 2,
    }
}

// S2, S19 of the threat model: tenants and users see what they see by /rpc, and no more.
#[tokio::test]
async fn nobody_sees_more_than_by_the_other_doors() {
    on_every_engine(async |service| {
        let (ours, ana) = admin(&service).await;
        let theirs = service.organization("B").await;
        let eve = User::of(&theirs, "b", "eve", "admin").await;
        let (budi, cita) = (User::of(&ours, "a", "budi", "user").await, User::of(&ours, "a", "cita", "user").await);
        let id =
            budi.ok(MEETING, "create", json!([{ "name": "Secret", "participant_ids": [[0, 0, { "email": "x@y.org" }]] }]), json!({})).await;
        let by_rpc = ours.acting("budi", "user").ok("meeting.count", json!({})).await;
        assert_eq!(by_rpc["count"], 1);
        for (other, sees) in [(&ana, 1), (&budi, 1), (&cita, 0), (&eve, 0)] {
            assert_eq!(other.ok(MEETING, "search_count", json!([[]]), json!({})).await, sees);
            assert_eq!(other.ok("omeet.participant", "search_count", json!([[["email", "=", "x@y.org"]]]), json!({})).await, sees);
            assert_eq!(other.ok("res.partner", "search_count", json!([[["email", "=", "x@y.org"]]]), json!({})).await, sees);
        }
        for stranger in [&cita, &eve] {
            for (method, arguments) in
                [("copy", json!([[id]])), ("write", json!([[id], { "name": "x" }])), ("action_cancel", json!([[id]]))]
            {
                assert_eq!(stranger.fault(MEETING, method, arguments, json!({})).await, "odoo.exceptions.MissingError", "{method}");
            }
            for method in ["exists", "read"] {
                assert_eq!(stranger.ok(MEETING, method, json!([[id]]), json!({})).await, json!([]), "{method}");
            }
        }
        assert_eq!(
            eve.service("object", "execute_kw", json!(["a", eve.uid, eve.key, MEETING, "search", [[]]])).await["error"]["data"]["name"],
            "odoo.exceptions.AccessDenied"
        );
        assert_eq!(
            cita.service("object", "execute_kw", json!(["a", ana.uid, cita.key, MEETING, "search", [[]]])).await["error"]["data"]["name"],
            "odoo.exceptions.AccessDenied"
        );
        let links = cita.ok("omeet.participant", "search_read", json!([[], ["join_url"]]), json!({})).await;
        assert_eq!(links, json!([]), "personal links are for hosts");
    })
    .await;
}

#[tokio::test]
async fn a_call_does_all_of_its_records_or_none_once() {
    on_every_engine(async |service| {
        let (organization, ana) = admin(&service).await;
        assert_eq!(
            ana.fault(MEETING, "create", json!([[{ "name": "good" }, { "name": "bad", "duration": -5 }]]), json!({})).await,
            "odoo.exceptions.ValidationError"
        );
        assert_eq!(ana.ok(MEETING, "search_count", json!([[]]), json!({})).await, 0);
        let twice = json!({ "context": { "idempotency_key": "k1" } });
        let first = ana.ok(MEETING, "create", json!([[{ "name": "A" }, { "name": "B" }]]), twice.clone()).await;
        assert_eq!(ana.ok(MEETING, "create", json!([[{ "name": "A" }, { "name": "B" }]]), twice.clone()).await, first);
        assert_eq!(ana.fault(MEETING, "create", json!([[{ "name": "C" }]]), twice).await, "odoo.exceptions.UserError");
        assert_eq!(ana.names(json!([])).await, ["A", "B"]);
        let ids: Vec<i64> = first.as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect();
        ana.ok(MEETING, "action_cancel", json!([[ids[1]]]), json!({})).await;
        assert_eq!(ana.fault(MEETING, "write", json!([ids, { "name": "Z" }]), json!({})).await, "odoo.exceptions.UserError");
        assert_eq!(ana.names(json!([])).await, ["A", "B"], "the one that could be changed was not");
        let audit = organization.ok("audit.list", json!({ "action": "meeting.create" })).await;
        assert!(audit["items"].as_array().unwrap().iter().all(|record| record["door"] == "odoo" && record["actor_name"] == "ana"));
        let events = organization.ok("event.list", json!({ "types": ["meeting.*"] })).await;
        assert_eq!(events["items"].as_array().unwrap().len(), 3, "two created, one cancelled");
    })
    .await;
}

#[tokio::test]
async fn x2many_commands_change_who_takes_part() {
    on_every_engine(async |service| {
        let (_, ana) = admin(&service).await;
        let values = json!({ "name": "W", "participant_ids": [[0, 0, { "name": "Budi", "email": "b@x.org" }], [0, 0, { "email": "c@x.org", "role": "co_host" }]] });
        let id = ana.ok(MEETING, "create", json!([values]), json!({})).await;
        let people = async || {
            let found = ana.ok("omeet.participant", "search_read", json!([[["meeting_id", "=", id]], ["email", "role", "user_id"]]), json!({ "order": "id" })).await;
            found.as_array().unwrap().iter().map(|person| format!("{}:{}", person["email"].as_str().unwrap_or("ana"), person["role"].as_str().unwrap())).collect::<Vec<_>>()
        };
        assert_eq!(people().await, ["ana:host", "b@x.org:participant", "c@x.org:co_host"]);
        let partner = ana.ok("res.partner", "search", json!([[["email", "=", "b@x.org"]]]), json!({})).await[0].clone();
        let write = async |values: Value| ana.call(MEETING, "write", json!([[id], values]), json!({})).await;
        write(json!({ "attendee_ids": [[3, partner, 0]] })).await;
        assert_eq!(people().await, ["ana:host", "c@x.org:co_host"]);
        let fresh = ana.ok(MEETING, "create", json!([{ "name": "V", "participant_ids": [[0, 0, { "email": "b@x.org" }]] }]), json!({})).await;
        let partner = ana.ok("res.partner", "search", json!([[["email", "=", "b@x.org"]]]), json!({})).await[0].clone();
        write(json!({ "attendee_ids": [[4, partner, 0]] })).await;
        assert_eq!(people().await, ["ana:host", "c@x.org:co_host", "b@x.org:participant"]);
        write(json!({ "attendee_ids": [[6, 0, [partner]]] })).await;
        assert_eq!(people().await, ["ana:host", "b@x.org:participant"], "hosts stay");
        let person = ana.ok("omeet.participant", "search", json!([[["email", "=", "b@x.org"], ["meeting_id", "=", id]]]), json!({})).await[0].clone();
        write(json!({ "participant_ids": [[1, person, { "role": "host" }]] })).await;
        assert_eq!(people().await, ["ana:host", "b@x.org:host"]);
        let refused = write(json!({ "participant_ids": [[1, person, { "name": "B", "role": "host" }]] })).await["error"]["data"]["message"].clone();
        assert_eq!(refused, "Only the role in omeet.participant can be changed in place, not name in omeet.participant");
        assert_eq!(write(json!({ "attendee_ids": [[9, 0, 0]] })).await["error"]["data"]["name"], "builtins.ValueError");
        assert_eq!(ana.ok("omeet.participant", "unlink", json!([[person]]), json!({})).await, true);
        write(json!({ "attendee_ids": [[5, 0, 0]] })).await;
        assert_eq!(people().await, ["ana:host"]);
        assert_eq!(ana.ok(MEETING, "read", json!([[fresh], ["participant_count"]]), json!({})).await[0]["participant_count"], 2);
    })
    .await;
}

#[tokio::test]
async fn domains_find_what_they_say() {
    on_every_engine(async |service| {
        let (_, ana) = admin(&service).await;
        for (name, minutes, lobby, description) in [("Alpha", 10, true, json!("100% sure")), ("beta", 200, false, json!(false)), ("Gamma", 4000, false, json!("x_y"))] {
            let start = in_min(minutes).replace('T', " ").replace('Z', "");
            let values = json!({ "name": name, "scheduled_date": start, "duration": 30, "lobby": lobby, "description": description, "participant_ids": [[0, 0, { "email": format!("{name}@x.org") }]] });
            ana.ok(MEETING, "create", json!([values]), json!({})).await;
        }
        ana.ok(MEETING, "action_cancel", json!([[3]]), json!({})).await;
        for (domain, expected) in [
            (json!([]), vec!["Alpha", "Gamma", "beta"]),
            (json!([["name", "=", "Alpha"]]), vec!["Alpha"]),
            (json!([["name", "!=", "Alpha"]]), vec!["Gamma", "beta"]),
            (json!([["name", "in", ["Alpha", "beta"]]]), vec!["Alpha", "beta"]),
            (json!([["name", "not in", ["Alpha", "beta"]]]), vec!["Gamma"]),
            (json!([["name", "like", "a"]]), vec!["Alpha", "Gamma", "beta"]),
            (json!([["name", "like", "B"]]), vec![]),
            (json!([["name", "ilike", "B"]]), vec!["beta"]),
            (json!([["name", "not ilike", "a%a"]]), vec!["beta"]),
            (json!([["name", "=like", "_eta"]]), vec!["beta"]),
            (json!([["name", "=ilike", "ALPHA"]]), vec!["Alpha"]),
            (json!([["description", "=", false]]), vec!["beta"]),
            (json!([["description", "!=", false]]), vec!["Alpha", "Gamma"]),
            (json!([["description", "like", "\\%"]]), vec!["Alpha"]),
            (json!([["lobby", "=", true]]), vec!["Alpha"]),
            (json!([["lobby", "!=", true]]), vec!["Gamma", "beta"]),
            (json!([["duration", ">", 20], ["scheduled_date", ">=", "2026-11-21 12:00:00"]]), vec!["Gamma", "beta"]),
            (json!([["scheduled_date", "<", "2026-11-22"]]), vec!["Alpha", "beta"]),
            (json!(["|", ["name", "=", "Alpha"], ["state", "=", "cancelled"]]), vec!["Alpha", "Gamma"]),
            (json!(["&", "!", ["name", "=", "Alpha"], ["state", "=", "ready"]]), vec!["beta"]),
            (json!(["!", "|", ["name", "=", "Alpha"], ["name", "=", "beta"]]), vec!["Gamma"]),
            (json!([["organizer_id", "=", ana.uid]]), vec!["Alpha", "Gamma", "beta"]),
            (json!([["organizer_id", "=", false]]), vec![]),
            (json!([["organizer_id", "ilike", "an"]]), vec!["Alpha", "Gamma", "beta"]),
            (json!([["organizer_id.login", "=", "nobody"]]), vec![]),
            (json!([["organizer_id.company_id.name", "=", "A"]]), vec!["Alpha", "Gamma", "beta"]),
            (json!([["participant_ids.email", "=", "beta@x.org"]]), vec!["beta"]),
            (json!([["participant_ids", "any", [["email", "like", "Al"]]]]), vec!["Alpha"]),
            (json!([["participant_ids", "not any", [["email", "like", "Al"]]]]), vec!["Gamma", "beta"]),
            (json!([["attendee_ids.email", "=ilike", "gamma%"]]), vec!["Gamma"]),
            (json!([["provider_id", "=", false]]), vec!["Alpha", "Gamma", "beta"]),
            (json!([["provider_id", "!=", false]]), vec![]),
            (json!([["id", "in", [1, 3]]]), vec!["Alpha", "Gamma"]),
            (json!([["id", ">", 1]]), vec!["Gamma", "beta"]),
            (json!([["name", "=?", false]]), vec!["Alpha", "Gamma", "beta"]),
            (json!([[1, "=", 1]]), vec!["Alpha", "Gamma", "beta"]),
            (json!([[0, "=", 1]]), vec![]),
        ] {
            assert_eq!(ana.names(domain.clone()).await, expected, "{domain} on {}", service.engine);
        }
        for (domain, name) in [
            (json!([["nope", "=", 1]]), "builtins.ValueError"),
            (json!([["name", "~", 1]]), "builtins.ValueError"),
            (json!(["&", ["name", "=", "x"]]), "builtins.ValueError"),
            (json!("x"), "builtins.TypeError"),
            (json!([["organizer_id", "child_of", 1]]), "odoo.exceptions.UserError"),
            (json!([["join_url", "=", "x"]]), "odoo.exceptions.UserError"),
            (json!([["scheduled_date", "=", "soon"]]), "builtins.ValueError"),
            (nested(1000, "!"), "builtins.ValueError"),
            (chained(1000), "builtins.ValueError"),
            (any_in_any(20), "builtins.ValueError"),
        ] {
            assert_eq!(ana.fault(MEETING, "search", json!([domain]), json!({})).await, name, "{}", domain.to_string().chars().take(80).collect::<String>());
        }
        let wide = chained(domain::MAX_LEAVES.min(domain::MAX_DEPTH));
        assert_eq!(ana.names(wide).await, Vec::<String>::new(), "wide ones are fine");
    })
    .await;
}

fn nested(depth: usize, sign: &str) -> Value {
    let mut items = vec![json!(sign); depth];
    items.push(json!(["name", "=", "x"]));
    Value::Array(items)
}

fn chained(leaves: usize) -> Value {
    let mut items = vec![json!("|"); leaves - 1];
    items.extend(vec![json!(["name", "=", "x"]); leaves]);
    Value::Array(items)
}

// Deeper than any relation goes.
fn any_in_any(depth: usize) -> Value {
    (0..depth).fold(json!([["nope", "=", 1]]), |inner, at| {
        let field = if at % 2 == depth % 2 { "meeting_id" } else { "participant_ids" };
        json!([[field, "any", inner]])
    })
}
