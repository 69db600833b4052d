use serde_json::{Value, json};

use super::*;
use crate::custom_fields::model::{Choice, FieldType, Model, NewDefinition};
use crate::kernel::clock::SeededEntropy;
use crate::kernel::{FieldId, IdSource, Timestamp};

fn field(key: &str, field_type: FieldType) -> Definition {
    let now = Timestamp::from_secs(1_800_000_000);
    let choice = |key: &str| Choice { key: key.to_owned(), label: key.to_uppercase() };
    Definition {
        id: IdSource::default().next::<FieldId>(now, &SeededEntropy::new(1)),
        model: Model::Meeting,
        key: key.to_owned(),
        label: key.to_owned(),
        field_type,
        required: false,
        default: None,
        choices: if field_type == FieldType::Choice { vec![choice("a"), choice("b")] } else { Vec::new() },
        position: 1,
        created_at: now,
        updated_at: now,
    }
}

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

fn check(definitions: &[Definition], given: Value, mode: Mode) -> Result<Value, Failure> {
    validate(definitions, object(given), mode).map(Value::Object)
}

fn refused_field(definitions: &[Definition], given: Value, mode: Mode) -> Value {
    let failure = check(definitions, given, mode).unwrap_err();
    assert_eq!(failure.code(), -32602);
    failure.data()["field"].clone()
}

/// What is given and what is then stored.
type Kept = (Value, Value);

/// For each type, what fits and what does not.
fn values() -> Vec<(FieldType, Vec<Kept>, Vec<Value>)> {
    let same = |values: Vec<Value>| values.into_iter().map(|value| (value.clone(), value)).collect::<Vec<_>>();
    let long = "x".repeat(4097);
    vec![
        (
            FieldType::Text,
            vec![(json!("Ünï\r\n会議"), json!("Ünï\n会議")), (json!(""), json!(""))],
            vec![json!(1), json!(true), json!({}), json!("a\u{0}b"), json!(long)],
        ),
        (
            FieldType::Integer,
            vec![
                (json!(0), json!(0)),
                (json!(5.0), json!(5)),
                (json!(-9_007_199_254_740_992_i64), json!(-9_007_199_254_740_992_i64)),
                (json!(9_007_199_254_740_992_i64), json!(9_007_199_254_740_992_i64)),
            ],
            vec![json!(9_007_199_254_740_993_i64), json!(u64::MAX), json!(1.5), json!(1e300), json!("1"), json!(true), json!([])],
        ),
        (FieldType::Number, same(vec![json!(1.5), json!(-3), json!(0.0), json!(1e300)]), vec![json!("1.5"), json!(true), json!({})]),
        (FieldType::Boolean, same(vec![json!(true), json!(false)]), vec![json!(0), json!("true"), json!([])]),
        (
            FieldType::Date,
            same(vec![json!("2026-11-21"), json!("2028-02-29")]),
            vec![
                json!("2026-02-29"),
                json!("2026-13-01"),
                json!("20261121"),
                json!("2026-11-21T00:00"),
                json!("21.11.2026"),
                json!("2026-1-1"),
                json!(1),
                json!(""),
            ],
        ),
        (
            FieldType::Datetime,
            vec![
                (json!("2026-11-21T16:00:00+07:00"), json!("2026-11-21T09:00:00Z")),
                (json!("2026-11-21T09:00:00.5Z"), json!("2026-11-21T09:00:00.500Z")),
            ],
            vec![json!("2026-11-21T09:00:00"), json!("2026-11-21"), json!("9999-01-01T00:00:00Z"), json!(1_800_000_000), json!("")],
        ),
        (FieldType::Choice, same(vec![json!("a"), json!("b")]), vec![json!("c"), json!("A"), json!(""), json!(["a"]), json!(0)]),
        (
            FieldType::Reference,
            same(vec![json!({"model": "res.partner", "id": "7"})]),
            vec![
                json!("res.partner,7"),
                json!({"model": "res.partner"}),
                json!({"model": "res.partner", "id": 7}),
                json!({"model": "", "id": "7"}),
                json!({"model": "m", "id": "7", "name": "Ana"}),
                json!([]),
            ],
        ),
    ]
}

// S4.11: every type takes what fits, in one stored form, and names the field of what does not.
#[test]
fn values_fit_their_type() {
    for (field_type, right, wrong) in values() {
        let definitions = [field("it", field_type)];
        for (given, stored) in right {
            let answer = check(&definitions, json!({"it": given.clone()}), Mode::Create).unwrap();
            assert_eq!(answer, json!({"it": stored}), "{field_type:?} {given}");
            // What is stored can be sent back as it is.
            assert_eq!(check(&definitions, answer.clone(), Mode::Update).unwrap(), answer);
        }
        for given in wrong {
            let refused = refused_field(&definitions, json!({"it": given.clone()}), Mode::Create).to_string();
            assert!(refused.starts_with("\"custom.it"), "{field_type:?} {given}: {refused}");
        }
    }
}

#[test]
fn unknown_keys_are_refused_by_name() {
    let definitions = [field("stage", FieldType::Text)];
    for mode in [Mode::Create, Mode::Update] {
        assert_eq!(refused_field(&definitions, json!({"stage": "x", "stagee": 1}), mode), "custom.stagee");
        assert_eq!(refused_field(&[], json!({"stage": null}), mode), "custom.stage");
    }
    let failure = check(&definitions, json!({"x".repeat(99): 1}), Mode::Create).unwrap_err();
    assert!(failure.message().contains("must be one of stage") && failure.message().len() < 120, "{failure}");
}

#[test]
fn required_fields_and_defaults_concern_new_records() {
    let definitions = [
        Definition { required: true, ..field("must", FieldType::Integer) },
        Definition { required: true, default: Some(json!("a")), ..field("both", FieldType::Choice) },
        Definition { default: Some(json!(true)), ..field("may", FieldType::Boolean) },
        field("free", FieldType::Text),
    ];
    assert_eq!(refused_field(&definitions, json!({}), Mode::Create), "custom.must");
    assert_eq!(check(&definitions, json!({"must": 1}), Mode::Create).unwrap(), json!({"must": 1, "both": "a", "may": true}));
    assert_eq!(check(&definitions, json!({"must": 1, "both": "b", "may": false}), Mode::Create).unwrap()["may"], json!(false));
    assert_eq!(check(&definitions, json!({"must": 1, "may": null}), Mode::Create).unwrap(), json!({"must": 1, "both": "a"}));
    assert_eq!(check(&definitions, json!({}), Mode::Update).unwrap(), json!({}));
}

#[test]
fn null_clears_what_may_be_empty() {
    let definitions = [Definition { required: true, ..field("must", FieldType::Text) }, field("may", FieldType::Text)];
    for (given, mode) in
        [(json!({"must": null}), Mode::Create), (json!({"must": null}), Mode::Update), (json!({"must": "  "}), Mode::Update)]
    {
        assert_eq!(refused_field(&definitions, given, mode), "custom.must");
    }
    let changes = validate(&definitions, object(json!({"may": null})), Mode::Update).unwrap();
    assert_eq!(Value::Object(changes.clone()), json!({"may": null}));
    let stored = object(json!({"must": "x", "may": "y", "of_a_deleted_field": 1}));
    assert_eq!(Value::Object(apply(stored, changes)), json!({"must": "x", "of_a_deleted_field": 1}));
}

fn defined(new: Value) -> Result<Definition, Failure> {
    let new: NewDefinition = serde_json::from_value(new).unwrap();
    let of_type = field(&new.key, new.field_type);
    Definition { label: new.label, required: new.required, default: new.default, choices: new.choices, ..of_type }.checked()
}

#[test]
fn definitions_are_checked_as_a_whole() {
    let choices = |keys: &[&str]| -> Value { keys.iter().map(|key| json!({"key": key, "label": "L"})).collect() };
    for (new, refused) in [
        (json!({"key": "Key", "label": "L", "type": "text"}), "key"),
        (json!({"key": "_k", "label": "L", "type": "text"}), "key"),
        (json!({"key": "k-k", "label": "L", "type": "text"}), "key"),
        (json!({"key": "k".repeat(41), "label": "L", "type": "text"}), "key"),
        (json!({"key": "", "label": "L", "type": "text"}), "key"),
        (json!({"key": "k", "label": " ", "type": "text"}), "label"),
        (json!({"key": "k", "label": "L\nM", "type": "text"}), "label"),
        (json!({"key": "k", "label": "L", "type": "choice"}), "choices"),
        (json!({"key": "k", "label": "L", "type": "text", "choices": choices(&["a"])}), "choices"),
        (json!({"key": "k", "label": "L", "type": "choice", "choices": choices(&["a", "a"])}), "choices[1].key"),
        (json!({"key": "k", "label": "L", "type": "choice", "choices": choices(&["a", ""])}), "choices[1].key"),
        (json!({"key": "k", "label": "L", "type": "choice", "choices": choices(&["a"]), "default": "b"}), "default"),
        (json!({"key": "k", "label": "L", "type": "integer", "default": "1"}), "default"),
        (json!({"key": "k", "label": "L", "type": "date", "default": "today"}), "default"),
    ] {
        assert_eq!(defined(new.clone()).unwrap_err().data()["field"], refused, "{new}");
    }
    let right =
        defined(json!({"key": "k".repeat(40), "label": " L ", "type": "datetime", "default": "2026-11-21T16:00:00+07:00"})).unwrap();
    assert_eq!((right.label.as_str(), right.default), ("L", Some(json!("2026-11-21T09:00:00Z"))));
}
