//! `/j/<code>`: a name, please.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::Pages;
use super::respond::Asking;
use crate::join::decision::{Decision, PasswordState};
use crate::join::kinds;
use crate::join::service::Visitor;
use crate::kernel::failure::{Failure, INVALID};
use crate::meetings::Room;
use crate::web::headers::Policy;
use crate::web::pages::{FieldError, JoinForm};

#[derive(Debug, Default, Deserialize)]
pub(super) struct Filled {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

/// Shows the form, or why there is none.
pub(super) async fn show(State(pages): State<Pages>, asking: Asking, Path(code): Path<String>) -> Response {
    let room = match pages.room(&asking, &code).await {
        Ok(room) => room,
        Err(response) => return response,
    };
    match pages.closed_to_guests(&room).await {
        Err(failure) => pages.refused(&asking, &room, &failure),
        Ok(()) => pages.form(&asking, &room, Filled::default(), StatusCode::OK, (None, None)),
    }
}

/// Takes the name, and leads to the guest's own link.
pub(super) async fn submit(
    State(pages): State<Pages>,
    asking: Asking,
    Path(code): Path<String>,
    form: Result<Form<Filled>, FormRejection>,
) -> Response {
    let room = match pages.room(&asking, &code).await {
        Ok(room) => room,
        Err(response) => return response,
    };
    let filled = form.map_or_else(|_| Filled::default(), |Form(filled)| filled);
    let ctx = pages.ctx(&asking, &room, None);
    match pages.joining.knock(&ctx, &room, &filled.name, Some(&filled.password)).await {
        Ok(knocked) => pages.see_other(&format!("/j/{}/w/{}{}", room.meeting.room_code, knocked.token, asking.query)),
        Err(failure) if failure.kind() == &INVALID => {
            let error = if filled.name.trim().is_empty() { FieldError::Missing } else { FieldError::Unusable };
            pages.form(&asking, &room, filled, StatusCode::UNPROCESSABLE_ENTITY, (Some(error), None))
        }
        Err(failure) if failure.kind() == &kinds::PASSWORD => {
            // A wrong password counts like a wrong code: it is one as well.
            let now = pages.joining.meetings.db().clock().now();
            let error = if filled.password.is_empty() { FieldError::Missing } else { FieldError::Wrong };
            if error == FieldError::Wrong {
                pages.joining.throttle.missed(asking.remote, now);
            }
            pages.form(&asking, &room, filled, StatusCode::UNPROCESSABLE_ENTITY, (None, Some(error)))
        }
        Err(failure) => pages.refused(&asking, &room, &failure),
    }
}

impl Pages {
    // Too early, waiting for a host and the lobby are told after the name; over, cancelled and not for guests before it.
    async fn closed_to_guests(&self, room: &Room) -> Result<(), Failure> {
        let guest = Visitor::Guest { name: String::new(), entry: None };
        match self.joining.decide(room, &guest, PasswordState::Right).await? {
            Decision::Refuse { kind } => Err(Failure::from(kind)),
            Decision::Admit { .. } | Decision::Wait { .. } => Ok(()),
        }
    }

    /// A meeting that is not for the visitor looks like none, and counts like a miss.
    pub(super) fn refused(&self, asking: &Asking, room: &Room, failure: &Failure) -> Response {
        let name = failure.kind().name;
        if name == kinds::NOT_INVITED.name || name == kinds::DRAFT.name {
            self.missed(asking)
        } else {
            self.failed(asking, Some(room), failure)
        }
    }

    fn form(
        &self,
        asking: &Asking,
        room: &Room,
        filled: Filled,
        status: StatusCode,
        errors: (Option<FieldError>, Option<FieldError>),
    ) -> Response {
        let form = JoinForm {
            lang: asking.lang,
            meeting: self.card(asking, room),
            asks_name: true,
            asks_password: room.meeting.password.is_some(),
            name: filled.name.chars().take(60).collect(),
            name_error: errors.0,
            password_error: errors.1,
        };
        self.page(status, &Policy { https: self.https, ..Policy::default() }, form.render())
    }
}
