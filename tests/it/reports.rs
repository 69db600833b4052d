//! S4.7: what was done and what went wrong, counted in the organization's own days.

use serde_json::json;

use crate::support::{in_min, on_every_engine};

#[tokio::test]
async fn days_are_counted_where_the_organization_is() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        // 09:00 UTC is 18:00 in Tokyo: seven hours later the day is over there.
        client.ok("organization.update", json!({ "tz": "Asia/Tokyo" })).await;
        let meeting = client.ok("meeting.create", json!({ "name": "One", "start": in_min(0), "duration_min": 30 })).await;
        client.ok("meeting.start", json!({ "id": meeting["id"] })).await;
        service.advance_min(25);
        client.ok("meeting.end", json!({ "id": meeting["id"] })).await;
        service.advance_min(7 * 60);
        let second = client.ok("meeting.create", json!({ "name": "Two" })).await;
        client.ok("meeting.cancel", json!({ "id": second["id"] })).await;
        let usage = client.ok("report.usage", json!({ "days": 2 })).await;
        let days: Vec<_> = usage["days"]
            .as_array()
            .unwrap()
            .iter()
            .map(|day| ["date", "meetings_created", "meetings_held", "meetings_cancelled", "call_min"].map(|name| day[name].clone()))
            .collect();
        assert_eq!(json!(days), json!([["2026-11-21", 1, 1, 0, 25], ["2026-11-22", 1, 0, 1, 0]]));
        assert_eq!(usage["total"]["meetings_created"], 2);
        assert_eq!(client.error("report.usage", json!({ "days": 401 })).await["data"]["field"], "days");
    })
    .await;
}

#[tokio::test]
async fn another_organization_is_not_counted() {
    on_every_engine(async |service| {
        let (ours, theirs) = (service.organization("A").await, service.organization("B").await);
        theirs.ok("meeting.create", json!({ "name": "Theirs" })).await;
        service.advance_min(7 * 24 * 60);
        let weekly = ours.ok("report.weekly", json!({})).await;
        assert_eq!(weekly["week"]["meetings_created"], 0);
        assert_eq!(theirs.ok("report.weekly", json!({})).await["week"]["meetings_created"], 1, "Saturday belongs to last week");
        assert_eq!(theirs.ok("report.errors", json!({})).await["items"], json!([]));
    })
    .await;
}
