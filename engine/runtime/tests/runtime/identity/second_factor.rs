//! Codes: begun, asked for, taken once; and proofs at the moment of signing.

use statewright_core::chart::Proof;
use statewright_engine::error::EngineError;
use statewright_engine::identity::{CODE_WITHIN_US, Secret, Standing, lockout};

use super::{PASSWORD, ROLES, seconds};
use crate::support::{World, operator, source};

#[tokio::test]
async fn a_second_factor_is_asked_for_and_its_codes_are_taken_once() {
    let world = World::with(&[]).await;
    world.with_password("ann", &["clerk"]).await;
    let engine = world.engine();
    let identity = engine.identity();
    let other = world.sign_in("ann", PASSWORD).await.unwrap();
    let first = world.sign_in("ann", PASSWORD).await.unwrap();
    let who = world.who(&first).await.unwrap();
    identity.begin_enrolment(&who, None, world.now()).await.unwrap();
    let wrong = identity.confirm_enrolment(&who, &"000000".into(), world.now()).await;
    assert!(matches!(wrong, Err(EngineError::IdentityRefused(_))), "{wrong:?}");
    // nothing is asked for before it is confirmed
    assert_eq!(world.sign_in("ann", PASSWORD).await.unwrap().standing, Standing::Full);
    world.enrol(&who).await;
    let who = world.who(&first).await.unwrap();
    assert_eq!((who.standing, who.second_factor), (Standing::Full, true));
    assert!(world.who(&other).await.is_none(), "sessions without it are over");

    let half = world.sign_in("ann", PASSWORD).await.unwrap();
    assert_eq!(half.standing, Standing::GiveCode);
    let waiting = world.who(&half).await.unwrap();
    assert_eq!(waiting.standing, Standing::GiveCode);
    assert_eq!(
        identity.prove(&waiting, &PASSWORD.into(), world.now()).await,
        Err(EngineError::NotProved)
    );
    let next = Secret::from("seven blue umbrellas");
    let refused = identity.change_password(&waiting, &PASSWORD.into(), &next, world.now()).await;
    assert_eq!(refused, Err(EngineError::NotProved));
    let code = world.code("ann").await;
    let whole = identity.give_code(&waiting, &code, world.now()).await.unwrap();
    assert_eq!(world.who(&whole).await.unwrap().standing, Standing::Full);
    assert!(
        world.who(&half).await.is_none(),
        "the secret is another after the second factor"
    );
    // the same code again is a wrong one
    let half = world.sign_in("ann", PASSWORD).await.unwrap();
    let waiting = world.who(&half).await.unwrap();
    let again = identity.give_code(&waiting, &code, world.now()).await;
    assert_eq!(again.unwrap_err(), EngineError::NotProved);
    world.pass(30);
    identity
        .give_code(&waiting, &world.code("ann").await, world.now())
        .await
        .unwrap();

    // a code that does not follow in time follows nothing
    let half = world.sign_in("ann", PASSWORD).await.unwrap();
    world.pass(seconds(CODE_WITHIN_US));
    assert!(world.who(&half).await.is_none());
    world.prove().await;
}

#[tokio::test]
async fn wrong_codes_lock_out_although_the_password_was_right() {
    let world = World::with(&[]).await;
    world.with_password("ann", &["clerk"]).await;
    let who = world.signed_in("ann").await;
    world.enrol(&who).await;
    let engine = world.engine();
    for _ in 0..=lockout::FREE {
        let half = world.sign_in("ann", PASSWORD).await.unwrap();
        let waiting = world.who(&half).await.unwrap();
        engine
            .identity()
            .give_code(&waiting, &"12345x".into(), world.now())
            .await
            .unwrap_err();
    }
    world.sign_in("ann", PASSWORD).await.unwrap_err();
    let failed = world.acts().await.iter().filter(|act| *act == "code_failed").count();
    assert_eq!(failed, lockout::FREE as usize + 1);
}

#[tokio::test]
async fn a_role_that_asks_for_a_second_factor_lets_nobody_do_anything_without() {
    let world = World::with(&[]).await;
    world.engine().deploy_roles(&source(ROLES), &operator()).await.unwrap();
    world.with_password("con", &["consultant"]).await;
    let signed_in = world.sign_in("con", PASSWORD).await.unwrap();
    let who = world.who(&signed_in).await.unwrap();
    assert_eq!(who.standing, Standing::Enrol);
    let engine = world.engine();
    let proved = engine.identity().prove(&who, &PASSWORD.into(), world.now()).await;
    assert_eq!(proved, Err(EngineError::NotProved));
    world.enrol(&who).await;
    assert_eq!(world.who(&signed_in).await.unwrap().standing, Standing::Full);
    // a phone that is lost
    engine
        .identity()
        .remove_second_factor("con", "lost on the bus", &operator(), world.now())
        .await
        .unwrap();
    assert!(world.who(&signed_in).await.is_none());
    assert_eq!(world.sign_in("con", PASSWORD).await.unwrap().standing, Standing::Enrol);
    let none = engine
        .identity()
        .remove_second_factor("con", "again", &operator(), world.now())
        .await;
    assert_eq!(none, Err(EngineError::Hidden));
    let trail = engine.system_trail(0, 100).await.unwrap();
    assert!(trail.iter().any(|row| row.bytes.contains("lost on the bus")));
}

#[tokio::test]
async fn an_open_screen_enrols_nobody_elses_phone() {
    let world = World::with(&[]).await;
    world.with_password("ann", &["clerk"]).await;
    let who = world.signed_in("ann").await;
    let engine = world.engine();
    let identity = engine.identity();
    world.pass(5 * 60);
    let refused = identity.begin_enrolment(&who, None, world.now()).await;
    assert_eq!(refused.unwrap_err(), EngineError::NotProved);
    identity
        .begin_enrolment(&who, Some(&PASSWORD.into()), world.now())
        .await
        .unwrap();
    let begun = identity.enrolment_begun(&who).await.unwrap().unwrap();
    assert!(begun.address.reveal().contains(begun.typed.reveal()));
    identity
        .confirm_enrolment(&who, &world.code("ann").await, world.now())
        .await
        .unwrap();
    assert!(identity.enrolment_begun(&who).await.unwrap().is_none());
    let second = identity.begin_enrolment(&who, Some(&PASSWORD.into()), world.now()).await;
    assert!(matches!(second, Err(EngineError::IdentityRefused(_))), "{second:?}");
    // it is given up with both
    world.pass(30);
    let signed_in = world.sign_in("ann", PASSWORD).await.unwrap();
    let waiting = world.who(&signed_in).await.unwrap();
    let whole = identity
        .give_code(&waiting, &world.code("ann").await, world.now())
        .await
        .unwrap();
    let who = world.who(&whole).await.unwrap();
    let wrong = identity
        .remove_own_second_factor(&who, &PASSWORD.into(), &"12345x".into(), world.now())
        .await;
    assert_eq!(wrong, Err(EngineError::NotProved));
    world.pass(30);
    let code = world.code("ann").await;
    identity
        .remove_own_second_factor(&who, &PASSWORD.into(), &code, world.now())
        .await
        .unwrap();
    assert_eq!(world.sign_in("ann", PASSWORD).await.unwrap().standing, Standing::Full);
}

#[tokio::test]
async fn whoever_signs_proves_it_anew_and_wrong_proofs_count() {
    let world = World::with(&[]).await;
    world.with_password("ann", &["clerk"]).await;
    let who = world.signed_in("ann").await;
    let engine = world.engine();
    let identity = engine.identity();
    let prove = async |given: &str| identity.prove(&who, &given.into(), world.now()).await;
    assert_eq!(prove(PASSWORD).await, Ok(Proof::Password));
    assert_eq!(
        prove("123456").await,
        Err(EngineError::NotProved),
        "there is no second factor"
    );
    world.enrol(&who).await;
    let code = world.code("ann").await;
    assert_eq!(prove(code.reveal()).await, Ok(Proof::SecondFactor));
    assert_eq!(
        prove(code.reveal()).await,
        Err(EngineError::NotProved),
        "no code is taken twice"
    );
    assert_eq!(prove(PASSWORD).await, Ok(Proof::Password));
    for _ in 0..=lockout::FREE {
        assert_eq!(prove("wrong horse battery").await, Err(EngineError::NotProved));
    }
    assert_eq!(prove(PASSWORD).await, Err(EngineError::NotProved));
    world.sign_in("ann", PASSWORD).await.unwrap_err();
    // whose session is over proves nothing
    identity.unlock("ann", &operator(), world.now()).await.unwrap();
    identity.end_sessions("ann", &operator(), world.now()).await.unwrap();
    assert_eq!(prove(PASSWORD).await, Err(EngineError::NotProved));
    assert!(identity.sessions("ann").await.unwrap().is_empty());
}
