//! Tables for spreadsheets.

/// A cell. Texts are other people's: what a program would take for a formula begins with an apostrophe, and control characters are left out.
pub fn cell(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let text = if is_formula { format!("'{text}") } else { text };
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A row with its end.
pub fn row(cells: &[String]) -> String {
    cells.join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    // S10, S4.7: no text becomes a formula, a column or a row.
    #[test]
    fn texts_stay_texts() {
        for (text, shown) in [
            ("Ana", "\"Ana\""),
            ("=1+1", "\"'=1+1\""),
            (" @SUM(A1)", "\"' @SUM(A1)\""),
            ("+49", "\"'+49\""),
            ("-2", "\"'-2\""),
            ("\t=cmd|x", "\"'=cmd|x\""),
            ("a\"b,c\r\nd", "\"a\"\"b,cd\""),
            ("＝1", "\"'＝1\""),
        ] {
            assert_eq!(cell(text), shown, "{text:?}");
        }
    }
}
