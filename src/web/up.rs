//! The way back from addresses that only take forms.
//!
//! A page that answers a form stands at the form's address. Whoever asks for that again - by changing the language there, or from the
//! browser's history - is led to the page above it.

use axum::http::Uri;
use axum::response::Redirect;

/// Leads from `/a/b?c` to `/a?c`. For routes of ours, which begin with a name.
pub async fn up(uri: Uri) -> Redirect {
    let above = uri.path().rsplit_once('/').map_or("/", |(above, _)| above);
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    Redirect::to(&format!("{above}{query}"))
}
