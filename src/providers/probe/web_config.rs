//! What a Jitsi's `config.js` says. It is JavaScript and may be put together in any way: what is not a plain literal is not seen.

/// The settings that tell something about tokens.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct WebConfig {
    /// The XMPP domain.
    pub domain: Option<String>,
    /// The domain of its rooms.
    pub muc: Option<String>,
    /// Where people without a token come in.
    pub anonymous_domain: Option<String>,
    /// Where people who open a bare address are sent.
    pub token_auth_url: Option<String>,
}

impl WebConfig {
    pub fn read(text: &str) -> Self {
        let is_host = |value: &String| value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
        let is_address = |value: &String| !value.contains(|c: char| c.is_control() || c.is_whitespace()) && value.len() <= 300;
        Self {
            domain: literal(text, "domain").filter(is_host),
            muc: literal(text, "muc").filter(is_host),
            anonymous_domain: literal(text, "anonymousdomain").filter(is_host),
            token_auth_url: literal(text, "tokenAuthUrl").filter(is_address),
        }
    }
}

/// The text that is first given to `name`: `name: 'text'`, `config.hosts.name = "text"`.
fn literal(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.starts_with('*') && !line.starts_with("/*"));
    lines.flat_map(|line| line.match_indices(name).map(move |(at, _)| (line, at))).find_map(|(line, at)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let is_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_') && !is_comment(before);
        is_word.then(|| quoted(after)).flatten()
    })
}

fn is_comment(before: &str) -> bool {
    before.starts_with("//") || before.contains(" //")
}

fn quoted(after: &str) -> Option<String> {
    let after = after.strip_prefix(['\'', '"']).unwrap_or(after).trim_start();
    let value = after.strip_prefix([':', '='])?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
    let (value, _) = value[1..].split_once(quote)?;
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> WebConfig {
        WebConfig::read(text)
    }

    #[test]
    fn reads_both_ways_of_writing_it() {
        let domain = |text: &str| Some(text.to_owned());
        let object = "var config = {\n  hosts: {\n    domain: 'meet.example.org', anonymousdomain: \"guest.meet.example.org\",\n    muc: 'conference.x'\n  },\n\
            tokenAuthUrl: 'https://login.example.org/{room}',\n};";
        let expected = WebConfig {
            domain: domain("meet.example.org"),
            muc: domain("conference.x"),
            anonymous_domain: domain("guest.meet.example.org"),
            token_auth_url: domain("https://login.example.org/{room}"),
        };
        assert_eq!(said(object), expected);
        let statements = "config.hosts = {};\nconfig.hosts.domain = 'meet.jitsi';\nconfig.hosts.anonymousdomain = 'guest.meet.jitsi';";
        assert_eq!(said(statements).domain, domain("meet.jitsi"));
        assert_eq!(said(statements).anonymous_domain, domain("guest.meet.jitsi"));
    }

    #[test]
    fn comments_and_expressions_say_nothing() {
        let text = "// tokenAuthUrl: 'https://x.org',\n  * anonymousdomain: 'guest.x'\nvar a = 1; // domain: 'x.org'\n\
            domain: '<!--# echo var=\"subdomain\" -->meet.x.org',\nanonymousdomain: guest(),\ntokenAuthUrl: '',\nfocusdomain: 'y.org'";
        assert_eq!(said(text), WebConfig::default());
        assert_eq!(said(""), WebConfig::default());
    }
}
