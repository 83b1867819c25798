//! The adapter against the simulators: effects done once, whatever goes wrong on the way.

use statewright_core::value::json;
use statewright_engine::adapter::{Adapter, Attempt, AttemptFailure};
use statewright_http::{ActionConfiguration, HttpAdapter};
use statewright_simulators::{Behaviour, Shipping};

use crate::counterpart::within;
use crate::setting::{SOON, adapter, attempt, outcome, perform, ship};

const INPUT: &str = r#"{"order": "A-1", "address_ref": "practice-north"}"#;

async fn start(behaviour: Behaviour) -> statewright_simulators::Running {
    Shipping::start("127.0.0.1:0", behaviour)
        .await
        .expect("a loopback port is free")
}

/// Attempts until one is not temporary; how many there were, and what came of the last.
async fn until_settled(adapter: &HttpAdapter) -> (u32, String) {
    for number in 1..20 {
        let attempt = Attempt {
            number,
            ..attempt(INPUT)
        };
        let ended = within(adapter.perform(attempt)).await;
        if !matches!(ended, Err(AttemptFailure::Temporary { .. })) {
            return (number, outcome(ended));
        }
    }
    panic!("no attempt of twenty was answered");
}

#[tokio::test]
async fn an_effect_is_done_once_through_failures_silence_and_lost_answers() {
    let running = start(Behaviour {
        fail_first: 2,
        hang_first: 1,
        drop_first: 2,
        ..Behaviour::default()
    })
    .await;
    let adapter = adapter(
        &running.url,
        ActionConfiguration {
            timeout: 4 * SOON,
            ..ship()
        },
    );
    let (attempts, settled) = until_settled(&adapter).await;
    assert_eq!(attempts, 6);
    let expected = format!(
        r#"result {{"carrier":"Plover Parcels","label_url":"{}/labels/PP000000014XX","order":"A-1","tracking":"PP000000014XX"}}"#,
        running.url
    );
    assert_eq!(settled, expected);
    let log = running.log();
    assert_eq!(
        log.iter()
            .map(|entry| (entry.key.as_str(), entry.applied))
            .collect::<Vec<_>>(),
        [("a1b2c3:4:ship", 1)]
    );
    running.stop().await;
}

#[tokio::test]
async fn another_input_under_the_same_key_is_refused() {
    let running = start(Behaviour::default()).await;
    let adapter = adapter(&running.url, ship());
    assert!(perform(&adapter, INPUT).await.starts_with("result"));
    let other = Attempt {
        input: json::read(r#"{"order": "A-2", "address_ref": "practice-north"}"#).expect("JSON"),
        ..attempt(INPUT)
    };
    let refused = outcome(within(adapter.perform(other)).await);
    assert!(
        refused.starts_with("refused answered 422 Unprocessable Entity: "),
        "{refused}"
    );
    assert!(
        refused.contains("This Idempotency-Key belongs to another request"),
        "{refused}"
    );
    running.stop().await;
}
