//! Many at once, and the letters that follow.

use super::*;

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
