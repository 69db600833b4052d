//! A letter as MIME, in the shape that calendar programs expect (RFC 6047): the calendar part last among the alternatives, and the
//! same octets again as an attachment.

use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};

use super::model::{IcsMethod, one_line};
use super::store::Parcel;
use crate::config;

/// What is wrong with a letter, in words; trying again would not help.
pub(super) type Unfit = String;

pub(super) fn build(parcel: &Parcel, config: &config::Mail, date: std::time::SystemTime) -> Result<Message, Unfit> {
    let sender = parcel.sender_name.as_deref().unwrap_or(&config.from_name);
    let domain = config.from_address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let mut message = Message::builder()
        .from(mailbox(Some(sender), &config.from_address)?)
        .to(mailbox(parcel.to_name.as_deref(), &parcel.to_email)?)
        .subject(one_line(&parcel.subject))
        .date(date)
        .message_id(Some(format!("<{}@{domain}>", parcel.id)));
    if let Some(reply_to) = &parcel.reply_to {
        message = message.reply_to(mailbox(None, reply_to)?);
    }
    let mut message = message.multipart(body(parcel)?).map_err(|error| error.to_string())?;
    for (name, value) in [("Auto-Submitted", "auto-generated"), ("Content-Language", parcel.lang.as_str())] {
        message.headers_mut().insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str(name), one_line(value)));
    }
    Ok(message)
}

// lettre panics when it prints a mailbox whose name holds a line break, and such a name is one form field away.
fn mailbox(name: Option<&str>, email: &str) -> Result<Mailbox, Unfit> {
    let address = email.parse().map_err(|error| format!("{email} is no address that mail can be sent to: {error}"))?;
    Ok(Mailbox::new(name.map(one_line).filter(|name| !name.is_empty()), address))
}

fn body(parcel: &Parcel) -> Result<MultiPart, Unfit> {
    let mut alternative = MultiPart::alternative().singlepart(SinglePart::plain(parcel.body_text.clone()));
    if let Some(html) = &parcel.body_html {
        alternative = alternative.singlepart(SinglePart::html(html.clone()));
    }
    let Some(ics) = &parcel.ics else { return Ok(alternative) };
    let method = parcel.ics_method.as_deref().and_then(IcsMethod::parse).unwrap_or(IcsMethod::Publish).name();
    let calendar = typed(&format!("text/calendar; charset=UTF-8; method={method}"))?;
    let part = SinglePart::builder().header(calendar).header(ContentTransferEncoding::Base64).body(ics.clone().into_bytes());
    let attachment = Attachment::new("invite.ics".to_owned()).body(ics.clone().into_bytes(), typed("application/ics")?);
    Ok(MultiPart::mixed().multipart(alternative.singlepart(part)).singlepart(attachment))
}

fn typed(content_type: &str) -> Result<ContentType, Unfit> {
    ContentType::parse(content_type).map_err(|error| error.to_string())
}
