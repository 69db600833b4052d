//! What a guest says, and whether it fits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::links::{Question, QuestionKind};
use super::model::{Answer, RawAnswers};
use crate::kernel::failure::invalid;
use crate::kernel::{Failure, text};
use crate::web::Lang;

const MOST_GUESTS: usize = 10;

/// A guest, as said.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GuestInput {
    /// Name, 1 to 120 characters.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// What it is about; the link's title when absent.
    #[serde(default)]
    pub subject: Option<String>,
    /// E-mail addresses of others who come along, at most 10.
    #[serde(default)]
    pub guests: Vec<String>,
    /// Answers to the link's questions by their keys.
    #[serde(default)]
    pub answers: RawAnswers,
    /// IANA zone; the link's when absent.
    #[serde(default)]
    pub tz: Option<String>,
    /// Language tag; English when absent.
    #[serde(default)]
    pub lang: Option<String>,
}

/// A guest who can be booked.
#[derive(Debug, Clone, PartialEq)]
pub struct Guest {
    /// Name.
    pub name: String,
    /// E-mail address in lower case.
    pub email: String,
    /// What it is about.
    pub subject: Option<String>,
    /// Who comes along.
    pub guests: Vec<String>,
    /// Answers in the order of the questions.
    pub answers: Vec<Answer>,
    /// IANA zone.
    pub tz: Option<String>,
    /// Language.
    pub lang: String,
}

impl GuestInput {
    /// Checks every field; all that does not fit is told at once, so that a form can mark it.
    pub fn checked(self, questions: &[Question]) -> Result<Guest, Vec<Failure>> {
        let mut wrong = Vec::new();
        let name = kept(text::line("name", &self.name, 120), &mut wrong);
        let email = kept(text::email("email", &self.email), &mut wrong).map(|email| email.to_lowercase());
        let subject = kept(text::optional_line("subject", self.subject.as_deref(), 200), &mut wrong);
        let guests = kept(others(&self.guests), &mut wrong);
        let tz = kept(zone(self.tz.as_deref()), &mut wrong);
        let answers = answers(questions, &self.answers, &mut wrong);
        let lang = self.lang.as_deref().and_then(Lang::find).unwrap_or_else(Lang::fallback).code().to_owned();
        match (name, email, subject, guests, tz) {
            (Some(name), Some(email), Some(subject), Some(guests), Some(tz)) if wrong.is_empty() => {
                Ok(Guest { name, email, subject, guests, answers, tz, lang })
            }
            _ => Err(wrong),
        }
    }
}

fn kept<T>(outcome: Result<T, Failure>, wrong: &mut Vec<Failure>) -> Option<T> {
    outcome.map_err(|failure| wrong.push(failure)).ok()
}

fn zone(tz: Option<&str>) -> Result<Option<String>, Failure> {
    tz.filter(|tz| !tz.is_empty()).map(|tz| text::time_zone("tz", tz)).transpose()
}

fn others(guests: &[String]) -> Result<Vec<String>, Failure> {
    if guests.len() > MOST_GUESTS {
        return Err(invalid("guests", format!("must be at most {MOST_GUESTS}")));
    }
    let email = |(at, email): (usize, &String)| text::email(&format!("guests[{at}]"), email).map(|email| email.to_lowercase());
    let mut checked: Vec<String> = guests.iter().enumerate().map(email).collect::<Result<_, _>>()?;
    checked.sort();
    checked.dedup();
    Ok(checked)
}

fn answers(questions: &[Question], given: &RawAnswers, wrong: &mut Vec<Failure>) -> Vec<Answer> {
    if let Some(unknown) = given.keys().find(|key| !questions.iter().any(|question| question.key == **key)) {
        wrong.push(invalid(&format!("answers.{unknown}"), "must be the key of a question of this link"));
    }
    let mut answers = Vec::new();
    for question in questions {
        let field = format!("answers.{}", question.key);
        let text = match given.get(&question.key) {
            None | Some(serde_json::Value::Null) => "",
            Some(serde_json::Value::String(text)) => text.trim(),
            Some(_) => {
                wrong.push(invalid(&field, "must be a text"));
                continue;
            }
        };
        match (text.is_empty(), question.required) {
            (true, true) => wrong.push(invalid(&field, "must be answered")),
            (true, false) => {}
            (false, _) => match answer(&field, question, text) {
                Ok(value) => answers.push(Answer { key: question.key.clone(), label: question.label.clone(), value }),
                Err(failure) => wrong.push(failure),
            },
        }
    }
    answers
}

fn answer(field: &str, question: &Question, given: &str) -> Result<String, Failure> {
    match question.kind {
        QuestionKind::Text => text::line(field, given, 500),
        QuestionKind::LongText => text::block(field, given, 4000),
        QuestionKind::Email => text::email(field, given),
        QuestionKind::Phone => phone(field, given),
        QuestionKind::Choice if question.choices.iter().any(|choice| choice == given) => Ok(given.to_owned()),
        QuestionKind::Choice => Err(invalid(field, "must be one of its choices")),
    }
}

fn phone(field: &str, given: &str) -> Result<String, Failure> {
    let number = text::line(field, given, 40)?;
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let plain = number.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '.' | '/'));
    if plain && (4..=20).contains(&digits) { Ok(number) } else { Err(invalid(field, "must be a telephone number such as +62 21 1234567")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(key: &str, kind: QuestionKind, required: bool) -> Question {
        let choices = if kind == QuestionKind::Choice { vec!["A".into(), "B".into()] } else { vec![] };
        Question { key: key.into(), label: key.into(), kind, required, choices }
    }

    fn fields(wrong: Vec<Failure>) -> Vec<String> {
        wrong.iter().map(|failure| failure.data()["field"].as_str().unwrap().to_owned()).collect()
    }

    // S10: CR and LF in a name, 64 KiB, and every field is told at once.
    #[test]
    fn all_that_does_not_fit_is_told() {
        let questions = [
            question("company", QuestionKind::Text, true),
            question("size", QuestionKind::Choice, false),
            question("call", QuestionKind::Phone, false),
        ];
        let answers = serde_json::json!({ "size": "C", "call": "abc" }).as_object().unwrap().clone();
        let input = GuestInput {
            name: "Ana\r\nBcc: eve@example.org".into(),
            email: "x".repeat(65536),
            subject: Some("a\nb".into()),
            guests: vec!["ok@example.org".into(), "no".into()],
            answers,
            tz: Some("Mars/Phobos".into()),
            lang: None,
        };
        let wrong = fields(input.checked(&questions).unwrap_err());
        assert_eq!(wrong, ["name", "email", "subject", "guests[1]", "tz", "answers.company", "answers.size", "answers.call"]);
        let unknown = GuestInput {
            name: "Ana".into(),
            email: "ana@example.org".into(),
            answers: serde_json::json!({ "x": "1" }).as_object().unwrap().clone(),
            ..GuestInput::default()
        };
        assert_eq!(fields(unknown.checked(&[]).unwrap_err()), ["answers.x"]);
    }

    #[test]
    fn what_fits_is_kept() {
        let input = GuestInput {
            name: " Ana ".into(),
            email: "Ana@Example.org".into(),
            guests: vec!["b@x.org".into(), "B@x.org".into()],
            lang: Some("fr_CA".into()),
            ..GuestInput::default()
        };
        let guest = input.checked(&[question("call", QuestionKind::Phone, false)]).unwrap();
        assert_eq!(
            (guest.name.as_str(), guest.email.as_str(), guest.lang.as_str(), guest.guests.len()),
            ("Ana", "ana@example.org", "fr", 1)
        );
    }
}
