//! `omeet import`: dry run, errors with their lines, and a second run that changes nothing.

use omeet::imports::{Importing, Outcome, Source, run};
use omeet::tenancy::organizations;
use serde_json::json;

use crate::support::{Client, Service, on_every_engine};

const TABLE: &str = "key,name,start,duration_min,tz,organizer,organizer_name,participants\n\
    1,Weekly,2027-01-11 09:00,45,Asia/Jakarta,7,Ana,Budi <budi@example.org>; eve@example.org\n\
    2,Broken,soon,45,,,,\n\
    3,Long,2027-01-12T09:00:00Z,99999999,,,,\n\
    4,Other,2027-01-13 09:00,30,,,,\n";
const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a@example.org\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20270111T090000Z\r\n\
    DTEND:20270111T100000Z\r\nSUMMARY:One\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:b@example.org\r\nDTSTAMP:20261101T000000Z\r\n\
    DTSTART:20270112T090000Z\r\nDTEND:20270112T093000Z\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Series\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\
    UID:c@example.org\r\nSUMMARY:Without a time\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
const THEIRS: &str = "id,name,room_code,scheduled_date,duration,organizer_id/login,attendee_ids/email,state\n\
    __export__.jitsi_meeting_1,Old,meet-0123456789,2027-02-01 02:00:00,1,ana,budi@example.org,ready\n,,,,,,eve@example.org,\n";

async fn import(service: &Service, client: &Client, source: Source, text: &str, dry_run: bool) -> Outcome {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let id = client.ok("organization.get", json!({})).await["id"].as_str().unwrap().parse().unwrap();
    let organization = organizations::find(&mut service.app.db.reader().await.unwrap(), id).await.unwrap().unwrap();
    let importing = Importing { source, tz: None, dry_run, invite: false };
    run(&service.app, &organization, file.path(), &importing, &|_| ()).await.unwrap()
}

fn counts(outcome: &Outcome) -> [u64; 3] {
    [outcome.created, outcome.updated, outcome.unchanged]
}

async fn meetings(client: &Client) -> i64 {
    client.ok("meeting.count", json!({})).await["count"].as_i64().unwrap()
}

#[tokio::test]
async fn a_table_is_imported_once_and_says_which_lines_are_wrong() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let rehearsed = import(&service, &client, Source::Csv, TABLE, true).await;
        assert_eq!((counts(&rehearsed), meetings(&client).await), ([2, 0, 0], 0), "a dry run keeps nothing");
        let problems: Vec<_> = rehearsed.problems.iter().map(|problem| (problem.line, problem.field.as_deref())).collect();
        assert_eq!(problems, [(3, Some("start")), (4, Some("duration_min"))], "{:?}", rehearsed.problems);
        assert_eq!(counts(&import(&service, &client, Source::Csv, TABLE, false).await), [2, 0, 0]);
        assert_eq!(counts(&import(&service, &client, Source::Csv, TABLE, false).await), [0, 0, 2], "a second run changes nothing");
        let found = client.ok("meeting.list", json!({ "external_key": "csv:1" })).await["items"][0].clone();
        assert_eq!((&found["start"], &found["organizer"]["name"]), (&json!("2027-01-11T02:00:00Z"), &json!("Ana")));
        assert_eq!(meetings(&client).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_calendar_is_imported_event_by_event() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let rehearsed = import(&service, &client, Source::Ics, CALENDAR, true).await;
        assert_eq!((counts(&rehearsed), meetings(&client).await), ([2, 0, 0], 0));
        assert_eq!(rehearsed.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [18], "{:?}", rehearsed.problems);
        assert_eq!(counts(&import(&service, &client, Source::Ics, CALENDAR, false).await), [2, 0, 0]);
        assert_eq!(counts(&import(&service, &client, Source::Ics, CALENDAR, false).await), [0, 0, 2]);
        assert_eq!(meetings(&client).await, 4);
    })
    .await;
}

#[tokio::test]
async fn what_the_old_module_kept_comes_over() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        for unchanged in [0, 1] {
            let outcome = import(&service, &client, Source::JitsiMeetUi, THEIRS, false).await;
            assert_eq!((outcome.unchanged, outcome.problems.len()), (unchanged, 0), "{:?}", outcome.problems);
        }
        let found = client.ok("meeting.list", json!({ "text": "Old" })).await["items"][0].clone();
        assert_eq!((&found["start"], &found["duration_min"]), (&json!("2027-02-01T02:00:00Z"), &json!(60)));
        let people = client.ok("meeting.get", json!({ "id": found["id"] })).await["participants"].to_string();
        assert!(people.contains("budi@example.org") && people.contains("eve@example.org"), "{people}");
    })
    .await;
}
