//! Who appears.

use serde_json::{Value, json};

/// The organization's name once it is whole.
pub const ORGANIZATION: &str = "Kopi Nusantara";
/// Where it is at home.
pub const ZONE: &str = "Asia/Jakarta";
/// Hours that its zone is before UTC; it knows no daylight saving time.
pub const ZONE_H: i64 = 7;

/// A user of the ERP: its identifier, name, role, zone and language.
type Member = (&'static str, &'static str, &'static str, &'static str, &'static str);

const MEMBERS: [Member; 6] = [
    ("2", "Ana Wijaya", "manager", "Asia/Jakarta", "id_ID"),
    ("7", "Budi Santoso", "user", "Asia/Jakarta", "id_ID"),
    ("8", "Citra Lestari", "user", "Asia/Makassar", "id_ID"),
    ("9", "Dewi Anggraini", "user", "Asia/Jakarta", "en_US"),
    ("11", "Émile Laurent", "user", "Europe/Paris", "fr_FR"),
    ("12", "Farah Idris", "user", "Asia/Kuala_Lumpur", "en_GB"),
];

/// Customers and suppliers: they come by links.
const GUESTS: [(&str, &str); 6] = [
    ("Greta Lindqvist", "greta@kafferosteri.example"),
    ("Hiro Tanaka", "tanaka@kissaten.example"),
    ("Isabel Moreno", "isabel@torrefactor.example"),
    ("Joko Prabowo", "joko@kebun-gayo.example"),
    ("Keiko Mori", "keiko@kissaten.example"),
    ("Liam O’Connor", "liam@roasters.example"),
];

/// How many users there are.
pub const MEMBER_COUNT: usize = MEMBERS.len();

/// A user as the ERP names them; counted round.
pub(super) fn member(at: usize) -> Value {
    let (id, name, role, tz, lang) = MEMBERS[at % MEMBERS.len()];
    json!({ "id": id, "name": name, "email": address(name), "role": role, "tz": tz, "lang": lang })
}

/// As [`member`], for an invitation: it gives nobody a role.
pub(super) fn invited(at: usize) -> Value {
    let (id, name, _, tz, lang) = MEMBERS[at % MEMBERS.len()];
    json!({ "user": { "id": id, "name": name, "email": address(name), "tz": tz, "lang": lang } })
}

/// A guest by name and address; counted round.
pub(super) fn guest(at: usize) -> (&'static str, &'static str) {
    GUESTS[at % GUESTS.len()]
}

fn address(name: &str) -> String {
    let first = name.split(' ').next().unwrap_or_default().to_lowercase().replace('é', "e");
    format!("{first}@kopi-nusantara.example")
}
