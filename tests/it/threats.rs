//! docs/security.md names the test that holds each line. What it names is there.

use std::path::{Path, PathBuf};

/// A test file, and a test in it where one is named.
#[derive(Debug, Clone)]
struct Named {
    file: String,
    test: Option<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The last cell of every row of a table, without its head.
fn held_by(page: &str) -> Vec<&str> {
    let rows = page.lines().filter(|line| line.starts_with('|') && !line.starts_with("|-"));
    rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next()).map(str::trim).filter(|cell| *cell != "held by").collect()
}

/// What a cell names: `file::test`, `file`, `test` of the file before, and `browser/file` "title".
fn named(cell: &str) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    for (number, piece) in cell.split('`').enumerate() {
        let is_code = number % 2 == 1;
        if is_code && piece.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_:/".contains(&byte)) {
            let (file, test) = match piece.split_once("::") {
                Some((file, test)) => (file.to_owned(), Some(test.to_owned())),
                None if piece.contains('/') => (piece.to_owned(), None),
                None => (found.last().unwrap_or_else(|| panic!("{piece}: of which file?")).file.clone(), Some(piece.to_owned())),
            };
            found.push(Named { file, test });
        } else if let (false, Some(title), Some(last)) = (is_code, piece.split('"').nth(1), found.last_mut()) {
            last.test = Some(title.to_owned());
        }
    }
    found
}

/// Where the tests of `file` may stand: in it, or beside it.
fn places(file: &str) -> Vec<PathBuf> {
    if let Some(name) = file.strip_prefix("blackbox/") {
        return vec![root().join(format!("tests/blackbox/test_{name}.py"))];
    }
    if let Some(name) = file.strip_prefix("browser/") {
        return vec![root().join(format!("tests/browser/{name}.test.mjs"))];
    }
    let base = root().join(if file.starts_with("it/") { "tests" } else { "src" });
    let beside = [".rs", "_tests.rs", "/mod.rs", "/tests.rs", "/tests/mod.rs"].map(|end| base.join(format!("{file}{end}")));
    let folder = std::fs::read_dir(base.join(file)).into_iter().flatten().flatten().map(|entry| entry.path());
    beside.into_iter().chain(folder).filter(|path| path.is_file()).collect()
}

fn is_there(named: &Named) -> bool {
    let texts: Vec<String> = places(&named.file).iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let has = |word: &str| texts.iter().any(|text| text.contains(word));
    match &named.test {
        Some(title) if named.file.starts_with("browser/") => has(&format!("\"{title}\"")) || has(&format!("'{title}'")),
        Some(test) => has(&format!("fn {test}(")) || has(&format!("def {test}(")),
        None => has("#[test]") || has("#[tokio::test") || has("def test_") || has("test("),
    }
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/security.md")).unwrap()
}

#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let page = page();
    let named: Vec<Named> = held_by(&page).into_iter().flat_map(named).collect();
    assert!(named.len() > 60, "{}", named.len());
    let missing: Vec<&Named> = named.iter().filter(|named| !is_there(named)).collect();
    assert!(missing.is_empty(), "docs/security.md names what is not there: {missing:#?}");
}

// A line that nothing holds says so.
#[test]
fn every_line_of_the_threat_model_names_a_test_or_says_that_there_is_none() {
    let page = page();
    let honest = |cell: &str| cell.contains("no test of its own") || cell.contains("not held");
    let bare: Vec<&str> = held_by(&page).into_iter().filter(|cell| named(cell).is_empty() && !honest(cell)).collect();
    assert!(bare.is_empty(), "{bare:#?}");
}

#[test]
fn a_test_that_is_not_there_is_noticed() {
    let wrong = named("`kernel/code::codes_are_uniform_and_do_not_repeat`, `never_was`, `it/nowhere`, `browser/door` \"no such title\"");
    assert_eq!(wrong.iter().map(is_there).collect::<Vec<_>>(), [true, false, false, false]);
}
