//! What holds for every page.

use std::collections::BTreeSet;

use super::gallery::{Texts, pages};
use crate::web::Lang;

/// S10: texts that outsiders send.
fn hostile() -> Vec<String> {
    let texts = [
        "<script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "<svg onload=alert(1)>",
        "<img src=x onerror=alert(1)>",
        "\"><script>alert(1)</script>",
        "'><img src=x onerror=alert(1)>",
        "\" autofocus onfocus=alert(1) x=\"",
        "' onmouseover='alert(1)",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "{{7*7}}",
        "${7*7}",
        "{% raw %}",
        "#{7*7}",
        "<!-- ",
        "-->",
        "]]>",
        "<![CDATA[x",
        "</title><h1>x",
        "</textarea><h1>",
        "</template><h1>",
        "</noscript><h1>x",
        "</style><h1>",
        "<base href=//evil>",
        "<meta http-equiv=refresh content=0;url=//evil>",
        "<form action=//evil>",
        "&lt;script&gt;",
        "&#60;script&#62;",
        "&",
        "&amp;amp;",
        "\"",
        "'",
        "`",
        "<",
        ">",
        "</",
        "a\rb",
        "a\nb",
        "a\r\nSet-Cookie: x=1",
        "a\0b",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{2029}b",
        "^n^n",
        ";,\\",
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "%0d%0a",
        "\u{202e}txt.exe",
        "\u{2066}x",
        "\u{200f}مرحبا",
        "\u{feff}x",
        "会議 🎥 e\u{301}",
        "\u{fffd}",
        "..\\..\\x",
        "../../etc/passwd",
        "x'); drop table x; --",
        "\u{1b}[31m",
    ];
    let mut all: Vec<String> = texts.map(str::to_owned).to_vec();
    all.push("<b>\"'&".repeat(8192));
    all.push("%3Cscript%3E".into());
    all
}

/// A start or end tag with the names of its attributes, or a comment.
type Tag = (String, Vec<(String, String)>);

/// Reads the tags as a browser does. Our templates quote every attribute with `"`; anything else stops the test.
fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        let name_end = after.find(|c: char| c.is_whitespace() || c == '>').unwrap();
        let (name, mut inside) = after.split_at(name_end);
        let mut attributes = Vec::new();
        loop {
            inside = inside.trim_start();
            if let Some(end) = inside.strip_prefix('>') {
                rest = end;
                break;
            }
            let end = inside.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>')).unwrap();
            let (attribute, next) = inside.split_at(end);
            assert!(
                attribute.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')),
                "strange attribute {attribute:?} in <{name}>"
            );
            let (value, next) = match next.strip_prefix("=\"") {
                Some(quoted) => quoted.split_once('"').unwrap(),
                None => ("", next),
            };
            attributes.push((attribute.to_owned(), value.to_owned()));
            inside = next;
        }
        found.push((name.to_owned(), attributes));
    }
    found
}

fn skeleton(html: &str) -> Vec<(String, Vec<String>)> {
    tags(html).into_iter().map(|(tag, attributes)| (tag, attributes.into_iter().map(|(name, _)| name).collect())).collect()
}

// S10: whatever the texts hold, the tags and attributes of every page are those of a page with harmless texts.
#[test]
fn hostile_texts_add_no_tag_and_no_attribute() {
    let corpus = hostile();
    assert!(corpus.len() >= 60);
    let lang = Lang::fallback();
    let harmless: Vec<_> = pages(lang, &Texts::all("x")).into_iter().map(|(name, html, _)| (name, skeleton(&html))).collect();
    for text in &corpus {
        for ((name, html, _), (_, expected)) in pages(lang, &Texts::all(text)).into_iter().zip(&harmless) {
            assert!(skeleton(&html) == *expected, "{name} changes its shape with {:?}", text.chars().take(60).collect::<String>());
        }
    }
}

// S9: nothing inline, so that the policy needs no exception.
#[test]
fn no_inline_script_or_style() {
    for (name, html, _) in Lang::all().flat_map(|lang| pages(lang, &Texts::all("x"))) {
        assert!(!html.contains("<style"), "{name}");
        for (tag, attributes) in tags(&html) {
            for (attribute, value) in &attributes {
                assert!(!attribute.starts_with("on") && attribute != "style", "{name} <{tag} {attribute}>");
                assert!(!value.trim_start().to_lowercase().starts_with("javascript:"), "{name} <{tag} {attribute}>");
            }
            assert!(tag != "script" || attributes.iter().any(|(attribute, _)| attribute == "src"), "{name}");
        }
        assert!(
            html.split("<script").skip(1).all(|part| part.split_once('>').is_some_and(|(_, body)| body.starts_with("</script>"))),
            "{name}"
        );
    }
}

// S8: what comes from elsewhere is one script on the page that embeds, and its policy names it.
#[test]
fn only_embedding_pages_load_from_elsewhere() {
    for (name, html, policy) in pages(Lang::fallback(), &Texts::all("x")) {
        let loaded: Vec<String> = tags(&html)
            .into_iter()
            .flat_map(|(_, attributes)| attributes)
            .filter(|(name, _)| name == "src")
            .map(|(_, value)| value)
            .collect();
        let foreign: Vec<_> = loaded.iter().filter(|src| !src.starts_with("/assets/")).collect();
        let allowed = policy.embeds.map(|script| script.to_string());
        assert!(foreign.iter().all(|src| allowed.as_ref() == Some(src)), "{name} loads {foreign:?}");
    }
}

#[test]
fn pages_are_made_for_everybody() {
    for lang in Lang::all() {
        for (name, html, _) in pages(lang, &Texts::all("x")) {
            let tags = tags(&html);
            let values = |wanted: &str| -> Vec<String> {
                tags.iter()
                    .flat_map(|(_, attributes)| attributes)
                    .filter(|(attribute, _)| attribute == wanted)
                    .map(|(_, value)| value.clone())
                    .collect()
            };
            let count = |wanted: &str| tags.iter().filter(|(tag, _)| tag == wanted).count();
            // Drawings name their parts with titles, too.
            let head = html.split_once("</head>").map_or("", |(head, _)| head);
            assert_eq!((count("h1"), count("main"), head.matches("<title>").count()), (1, 1, 1), "{name}");
            assert!(html.contains(&format!("<html lang=\"{}\" dir=\"ltr\">", lang.code())), "{name}");
            let ids: BTreeSet<_> = values("id").into_iter().collect();
            let referred = ["for", "aria-labelledby", "aria-describedby"].iter().flat_map(|attribute| values(attribute));
            for id in referred.flat_map(|value| value.split(' ').map(str::to_owned).collect::<Vec<_>>()) {
                assert!(ids.contains(&id), "{name} refers to #{id}");
            }
            assert!(!html.contains("=\"\" data-text") && !html.contains("<h2></h2>"), "{name} lacks a text");
        }
    }
}

// Every key that a template or view names exists, so that no page shows a hole.
#[test]
fn every_text_that_templates_name_exists() {
    let templates = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")).unwrap();
    for file in templates {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let calls = ["lang.say(\"", "lang.fill(\""].into_iter().flat_map(|call| source.split(call).skip(1));
        for key in calls.filter_map(|rest| rest.split('"').next()) {
            assert!(!Lang::fallback().say(key).is_empty(), "{key}");
        }
    }
}
