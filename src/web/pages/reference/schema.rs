//! JSON Schema as a reader wants it: the name of a type and the rows of a table.

use serde_json::Value;

use super::model::{Choice, Field};
use super::prose::Prose;

const DEPTH: usize = 6;

/// `string`, `integer | null`, `Meeting[]`, `"a" | "b"`.
pub fn type_name(schema: &Value) -> String {
    named(schema, DEPTH)
}

/// The name of the shared type that a schema refers to, itself or in its items.
pub fn reference(schema: &Value) -> Option<&str> {
    let find = |schema: &Value| schema.get("$ref").and_then(Value::as_str).map(str::to_owned);
    let direct = find(schema).map(|_| schema);
    let inner = ["anyOf", "oneOf", "allOf"].iter().filter_map(|word| schema.get(word)?.as_array()).flatten().find(|s| find(s).is_some());
    let target = direct.or_else(|| schema.get("items").filter(|s| find(s).is_some())).or(inner)?;
    target.get("$ref")?.as_str()?.rsplit('/').next()
}

/// The properties of an object.
pub fn fields(schema: &Value) -> Vec<Field> {
    let required: Vec<_> = list(schema, "required").iter().filter_map(Value::as_str).collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, schema)| field(name, schema, required.contains(&name.as_str()))).collect()
}

/// The values of a type that is a choice among some, with what each means.
pub fn choices(schema: &Value) -> Vec<Choice> {
    let options = list(schema, "oneOf").iter();
    options
        .filter_map(|option| Some(Choice { value: option.get("const")?.to_string(), description: prose(option, "description") }))
        .collect()
}

/// One row.
pub fn field(name: &str, schema: &Value, required: bool) -> Field {
    Field {
        name: name.to_owned(),
        type_name: type_name(schema),
        type_link: reference(schema).map(str::to_owned),
        required,
        description: prose(schema, "description"),
        default: schema.get("default").filter(|value| !value.is_null()).map(Value::to_string),
    }
}

/// A text field of an object; empty when absent.
pub fn text(value: &Value, field: &str) -> String {
    value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A text field of an object, as sentences.
pub fn prose(value: &Value, field: &str) -> Prose {
    Prose::read(value.get(field).and_then(Value::as_str).unwrap_or_default())
}

/// A list field of an object; empty when absent.
pub fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn named(schema: &Value, depth: usize) -> String {
    if depth == 0 {
        return "any".to_owned();
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return target.rsplit('/').next().unwrap_or(target).to_owned();
    }
    if let Some(only) = schema.get("const") {
        return only.to_string();
    }
    for (word, between) in [("enum", " | "), ("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")] {
        if let Some(options) = schema.get(word).and_then(Value::as_array) {
            return join(options.iter().map(|option| if word == "enum" { option.to_string() } else { named(option, depth - 1) }), between);
        }
    }
    match schema.get("type") {
        Some(Value::Array(types)) => join(types.iter().filter_map(Value::as_str).map(|name| plain(name, schema, depth)), " | "),
        Some(Value::String(name)) => plain(name, schema, depth),
        _ => "any".to_owned(),
    }
}

fn plain(name: &str, schema: &Value, depth: usize) -> String {
    match (name, schema.get("items"), schema.get("format").and_then(Value::as_str)) {
        ("array", Some(items), _) => format!("{}[]", named(items, depth - 1)),
        ("string", _, Some("date-time")) => "instant".to_owned(),
        _ => name.to_owned(),
    }
}

fn join(names: impl Iterator<Item = String>, between: &str) -> String {
    let mut seen: Vec<String> = Vec::new();
    names.for_each(|name| {
        if !seen.contains(&name) {
            seen.push(name)
        }
    });
    seen.join(between)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_types() {
        let cases = [
            (json!({"type": "array", "items": {"$ref": "#/components/schemas/Meeting"}}), "Meeting[]"),
            (json!({"anyOf": [{"$ref": "#/x/Access"}, {"type": "null"}]}), "Access | null"),
            (json!({"type": ["integer", "null"]}), "integer | null"),
            (json!({"enum": ["a", "b"]}), "\"a\" | \"b\""),
            (json!({"type": "string", "format": "date-time"}), "instant"),
            (json!(true), "any"),
        ];
        for (schema, expected) in cases {
            assert_eq!(type_name(&schema), expected);
        }
        assert_eq!(reference(&json!({"anyOf": [{"$ref": "#/x/Access"}, {"type": "null"}]})), Some("Access"));
    }
}
