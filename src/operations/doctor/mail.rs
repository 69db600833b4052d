//! The mail server.

use super::Findings;
use crate::config::Config;
use crate::mail::Mailer;

pub(super) async fn look(config: &Config, found: &mut Findings) {
    let (name, mail) = ("mail", &config.mail);
    if !mail.is_on() {
        return found.ok(name, "no mail server: no letters leave (right where the ERP writes them)");
    }
    let server = format!("{}:{}", mail.host, mail.port);
    let tried = match Mailer::new(mail) {
        Ok(mailer) => mailer.greet().await,
        Err(error) => Err(format!("{error:#}")),
    };
    match tried {
        Ok(()) => found.ok(name, format!("{server} takes letters of {}", mail.from_address)),
        Err(why) => found.fail(name, format!("{server}: {why}"), "Check mail.host, mail.port, mail.security, and user and password"),
    }
    if mail.is_on() && mail.dkim_selector.is_empty() {
        found.ok(name, "letters are not signed by omeet: the mail server has to (DKIM), or they are taken for spam");
    }
}
