//! What proves that a message is ours, and how it is kept (S17).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bench::{Bench, Hit, Receiver, benches};
use crate::events::webhooks::CreatedEndpoint;
use crate::events::webhooks::model::NewEndpoint;
use crate::events::webhooks::service;
use crate::kernel::context::Idempotency;
use crate::kernel::seal::sha256;
use crate::kernel::{Ctx, EndpointId};

// HMAC by its definition (RFC 2104), independent of the implementation under test.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |with: u8| block.map(|byte| byte ^ with).to_vec();
    let inner = sha256(&[pad(0x36), text.to_vec()].concat());
    sha256(&[pad(0x5c), inner].concat())
}

fn expected(secret: &str, hit: &Hit) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    assert_eq!(key.len(), 32);
    let text = format!("{}.{}.{}", hit.header("webhook-id"), hit.header("webhook-timestamp"), hit.text);
    format!("v1,{}", STANDARD.encode(hmac(&key, text.as_bytes())))
}

async fn rotate(bench: &Bench, id: EndpointId, overlap_min: u32) -> CreatedEndpoint {
    let (ctx, sealer) = (bench.ctx(), bench.sealer.clone());
    let sealed = bench.db.unit(move |tx| Box::pin(async move { service::rotate(tx, &ctx, &sealer, id, overlap_min).await }));
    sealed.await.unwrap().open(&bench.sealer).unwrap()
}

async fn next_hit(bench: &Bench, receiver: &Receiver) -> Hit {
    bench.happens("a").await;
    bench.drain().await;
    receiver.hits().pop().unwrap()
}

#[tokio::test]
async fn messages_are_signed_with_both_secrets_while_they_overlap() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        let created = bench.endpoint(&receiver.url, &[]).await;
        let (id, first) = (created.endpoint.id, created.secret);
        let hit = next_hit(&bench, &receiver).await;
        assert_eq!(hit.header("webhook-signature"), expected(&first, &hit), "{}", bench.engine);
        assert_eq!(hit.header("webhook-timestamp"), "1795251600");

        let second = rotate(&bench, id, 60).await.secret;
        assert_ne!(first, second);
        let hit = next_hit(&bench, &receiver).await;
        assert_eq!(hit.header("webhook-signature"), format!("{} {}", expected(&second, &hit), expected(&first, &hit)), "{}", bench.engine);

        bench.clock.advance_secs(3600);
        let hit = next_hit(&bench, &receiver).await;
        assert_eq!(hit.header("webhook-signature"), expected(&second, &hit), "{}", bench.engine);

        let third = rotate(&bench, id, 0).await.secret;
        let hit = next_hit(&bench, &receiver).await;
        assert_eq!(hit.header("webhook-signature"), expected(&third, &hit), "{}", bench.engine);
        bench.clock.advance_secs(-3600);
    }
}

// S17: neither the endpoint, nor the audit trail, nor the stored answer of an idempotent call holds a secret in the clear.
#[tokio::test]
async fn secrets_are_stored_sealed_only() {
    for bench in benches().await {
        let idempotency = Some(Idempotency { method: "webhook.endpoint.create", key: "k".into(), fingerprint: vec![1] });
        let ctx = Ctx { idempotency, ..bench.ctx() };
        let mut answers = Vec::new();
        for _ in 0..2 {
            let (caller, sealer) = (ctx.clone(), bench.sealer.clone());
            let new = NewEndpoint { url: "https://erp.example.org/".into(), description: None, event_types: None };
            let sealed = bench.db.write(&ctx, move |tx| Box::pin(async move { service::create(tx, &caller, &sealer, new).await }));
            answers.push(sealed.await.unwrap().open(&bench.sealer).unwrap().secret);
        }
        assert_eq!(answers[0], answers[1], "{}: the same call answers the same", bench.engine);
        let stored = bench.texts("select response from idempotency").await;
        let audited = bench.texts("select cast(changes as text) from audit").await;
        let key = answers[0].strip_prefix("whsec_").unwrap();
        assert!(!stored.is_empty() && !audited.is_empty());
        assert!(stored.iter().chain(&audited).all(|text| !text.contains(key)), "{}", bench.engine);
        let (sealed,): (Vec<u8>,) =
            bench.db.reader().await.unwrap().fetch_one("select secret from webhook_endpoint", crate::args![]).await.unwrap();
        assert!(!sealed.windows(key.len()).any(|window| window == key.as_bytes()), "{}", bench.engine);
    }
}
