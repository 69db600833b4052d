//! A meeting, for the examples.

macro_rules! meeting_json {
    () => {
        r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "name": "Weekly", "description": "", "room_code": "abcdefghjk",
        "room_code_display": "abc-defg-hjk", "meeting_type": "scheduled", "state": "ready", "access": "public",
        "start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z", "duration_min": 60, "tz": "Asia/Jakarta",
        "organizer": {"id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302113", "external_id": "7", "name": "Ana", "email": "ana@example.org"},
        "participants": [{"id": "par_0199a3c5e1f07d2a8b4c6d5e4f302114", "name": "Ana", "email": "ana@example.org", "role": "host",
            "user_id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302113", "partner_id": null,
            "join_url": "https://meet.example.org/j/abcdefghjk/q7d2m4n8kexw3ahjv5cybgtz69", "joined_at": null, "left_at": null}],
        "join_url": "https://meet.example.org/j/abcdefghjk", "provider": "jitsi", "provider_id": null,
        "provider_meeting_id": null, "link_state": "ready", "link_error": null,
        "options": {"lobby": false, "wait_for_host": false, "has_password": false, "early_open_min": 15, "grace_min": 30,
            "max_participants": null, "recording_by": "moderators"},
        "res_model": null, "res_id": null, "external_key": null, "series_key": null, "custom": {}, "actual_start": null,
        "actual_end": null, "cancel_reason": null, "reserved_until": null, "created_at": "2026-11-21T09:00:00Z",
        "updated_at": "2026-11-21T09:00:00Z", "version": 1}"#
    };
}

/// A meeting.
pub(super) const MEETING: &str = meeting_json!();
/// What series.update answers.
pub(in crate::meetings) const SERIES_ANSWER: &str = concat!(
    r#"{"series": {"id": "ser_0199a3c5e1f07d2a8b4c6d5e4f302115", "series_key": "odoo-42", "rrule": "FREQ=WEEKLY;COUNT=2;BYDAY=TU",
        "start": "2026-12-01T09:00:00Z", "duration_min": 60, "tz": "Asia/Jakarta", "join_url": "https://meet.example.org/j/abcdefghjk",
        "room_code_display": "abc-defg-hjk", "made_until": null, "occurrences": [], "gaps": [], "version": 2}, "meeting": "#,
    meeting_json!(),
    "}"
);
/// A page with one meeting.
pub(super) const PAGE: &str = concat!(r#"{"items": ["#, meeting_json!(), r#"], "next": null}"#);
