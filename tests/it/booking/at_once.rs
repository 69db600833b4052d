//! Many at once, and the letters that follow.

use super::*;
use crate::support::on_every_engine_with;

// R6: 64 at once want overlapping times of one host, by every way in; one gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_one_books() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "durations_min": [30, 60, 15], "increment_min": 15, "confirmation": "automatic" })).await;
        let tries = (0..64_usize).map(|number| {
            let (client, mut wanted) =
                (client.clone(), booking(&link, &at(["10:00", "10:15", "09:45"][number % 3]), &format!("g{number}@example.org")));
            wanted["duration_min"] = json!(if number % 3 == 1 { 15 } else { 60 });
            tokio::spawn(async move { client.call("booking.create", wanted).await })
        });
        let answers: Vec<Value> = futures_util::future::join_all(tries).await.into_iter().map(Result::unwrap).collect();
        let booked = answers.iter().filter(|answer| answer.get("result").is_some()).count();
        let told = answers.iter().filter(|answer| answer["error"]["data"]["kind"] == "booking.slot_taken").count();
        assert_eq!((booked, told), (1, 63), "{}: {answers:#?}", service.engine);
        assert_eq!(client.ok("meeting.count", json!({ "state": ["ready"] })).await["count"], 1);
    })
    .await;
}

// R6: thirty-two bookings of one host are moved to one time at once; one comes there, the others stay where they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_move_at_once_one_comes_there() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let hours = json!({ "weekly": { "mon": ["06:00-22:00"] } });
        let link = link(&client, json!({ "durations_min": [15], "confirmation": "automatic", "hours": hours })).await;
        let mut made = Vec::new();
        for number in 0..32 {
            let start = at(&format!("{:02}:{:02}", 6 + number / 4, number % 4 * 15));
            made.push(client.ok("booking.create", booking(&link, &start, &format!("g{number}@example.org"))).await);
        }
        let tries = made.iter().map(|one| {
            let (client, wanted) = (client.clone(), json!({ "id": one["id"], "start": at("20:00") }));
            tokio::spawn(async move { client.call("booking.reschedule", wanted).await })
        });
        let answers: Vec<Value> = futures_util::future::join_all(tries).await.into_iter().map(Result::unwrap).collect();
        let moved = answers.iter().filter(|answer| answer["result"]["start"] == at("20:00")).count();
        let told = answers.iter().filter(|answer| answer["error"]["data"]["kind"] == "booking.slot_taken").count();
        assert_eq!((moved, told), (1, 31), "{}: {answers:#?}", service.engine);
        let stayed = client.ok("booking.list", json!({ "limit": 100 })).await["items"].clone();
        let elsewhere = made.iter().filter(|one| stayed.as_array().unwrap().contains(one)).count();
        assert_eq!(elsewhere, 31);
    })
    .await;
}

// R6: forty verify their address for a group of five at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_verify_at_once_as_many_come_as_there_are_seats() {
    on_every_engine_with(&[("booking.per_address_per_h", "1000")], async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "seats": 5, "verify_email": true, "confirmation": "automatic" })).await;
        for number in 0..40 {
            let form = press(&service, &link, &at("09:00")).await.location;
            assert_eq!(fill(&service, &form, "Gita", &format!("g{number}@example.org")).await.status, 303);
        }
        let mut tx = service.app.db.reader().await.unwrap();
        let secrets: Vec<(String,)> =
            tx.fetch_all("select verify_token from booking where verify_token is not null", vec![]).await.unwrap();
        drop(tx);
        let tries = secrets.into_iter().map(|(secret,)| {
            let guest = service.anonymous();
            tokio::spawn(async move { guest.post(&format!("/booking/{secret}"), &[], false).await.status })
        });
        let statuses: Vec<u16> = futures_util::future::join_all(tries).await.into_iter().map(Result::unwrap).collect();
        let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!((count(303), count(409)), (5, 35), "{}: {statuses:?}", service.engine);
        let confirmed = client.ok("booking.list", json!({ "state": ["confirmed"] })).await["items"].as_array().unwrap().len();
        assert_eq!((confirmed, client.ok("meeting.count", json!({})).await["count"].as_i64()), (5, Some(1)));
    })
    .await;
}

// cal.com #29958: two confirm at once, or one confirms while the other declines: one outcome.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn confirming_and_declining_at_once() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({})).await;
        for (number, time) in ["09:00", "09:30", "10:00", "10:30"].into_iter().enumerate() {
            let booked = client.ok("booking.create", booking(&link, &at(time), &format!("g{number}@example.org"))).await;
            let calls = (0..8).map(|call| {
                let (client, id) = (client.clone(), booked["id"].clone());
                let method = if call % 2 == 0 { "booking.confirm" } else { "booking.decline" };
                tokio::spawn(async move { client.call(method, json!({ "id": id })).await })
            });
            let answers: Vec<Value> = futures_util::future::join_all(calls).await.into_iter().map(Result::unwrap).collect();
            assert!(answers.iter().all(|answer| answer["error"]["code"] != -32603), "{answers:#?}");
            let state = client.ok("booking.get", json!({ "id": booked["id"] })).await["state"].clone();
            let meeting = client.ok("meeting.get", json!({ "id": booked["meeting_id"] })).await["state"].clone();
            assert!((state == "confirmed" && meeting == "ready") || (state == "declined" && meeting == "cancelled"), "{state} {meeting}");
            let events = client.ok("event.list", json!({ "subject": booked["id"] })).await["items"].as_array().unwrap().len();
            assert_eq!(events, 2, "one word was said");
        }
    })
    .await;
}
