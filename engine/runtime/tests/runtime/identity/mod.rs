//! People prove who they are: with a password, perhaps with a code, and no more often than may be; all of it stands in the system's trail.

mod second_factor;
mod sessions;

use std::sync::Arc;

use statewright_engine::error::EngineError;
use statewright_engine::identity::{Identified, PasswordFor, Secret, SignedIn, Standing, TEMPORARY_US, Use, code_of, lockout};
use statewright_engine::store::Store;

use crate::fixture::{on_memory, on_postgres, on_sqlite};
use crate::support::{World, operator, person};

const PASSWORD: &str = "correct horse battery";

const ROLES: &str = "
roles:
  nurse: {session: 10m}
  charge_nurse: {includes: [nurse], session: 2h}
  consultant: {second_factor: true}
  clerk: {}
";

fn seconds(us: i64) -> i64 {
    us / 1_000_000
}

impl World {
    /// Somebody of the directory who has a password.
    async fn with_password(&self, id: &str, roles: &[&str]) {
        let engine = self.engine();
        engine.put_person(&person(id, roles), &operator()).await.unwrap();
        let identity = engine.identity();
        let given = Secret::from(PASSWORD);
        identity
            .set_password(id, Some(&given), PasswordFor::Good, &operator(), self.now())
            .await
            .unwrap();
    }

    async fn sign_in(&self, id: &str, password: &str) -> Result<SignedIn, EngineError> {
        let engine = self.engine();
        engine
            .identity()
            .sign_in(id, &Secret::from(password), "ward", self.now())
            .await
    }

    async fn who(&self, signed_in: &SignedIn) -> Option<Identified> {
        let engine = self.engine();
        engine
            .identity()
            .identify(&signed_in.secret, Use::Acts, self.now())
            .await
            .unwrap()
    }

    async fn signed_in(&self, id: &str) -> Identified {
        let signed_in = self.sign_in(id, PASSWORD).await.unwrap();
        self.who(&signed_in).await.unwrap()
    }

    async fn code(&self, id: &str) -> Secret {
        let credential = self.store.credential(id).await.unwrap().unwrap();
        Secret::new(code_of(&credential.secret.unwrap(), self.now()))
    }

    /// Begins to use a second factor, in this session.
    async fn enrol(&self, who: &Identified) {
        let engine = self.engine();
        engine.identity().begin_enrolment(who, None, self.now()).await.unwrap();
        let code = self.code(&who.actor.id).await;
        engine.identity().confirm_enrolment(who, &code, self.now()).await.unwrap();
        // the next code is another
        self.pass(30);
    }

    /// The acts of the system's trail, but those that put the world together.
    async fn acts(&self) -> Vec<String> {
        let rows = self.engine().system_trail(0, 1_000).await.unwrap();
        let named = rows.iter().filter_map(|row| row.bytes.split_once(r#""act":""#));
        let names = named
            .filter_map(|(_, rest)| rest.split_once('"'))
            .map(|(name, _)| name.to_owned());
        names
            .filter(|name| !name.starts_with("node_") && name != "password_set")
            .collect()
    }
}

async fn signed_in_and_out(store: Arc<dyn Store>) {
    let world = World::on(store, &[], |_| {}).await;
    world.with_password("ann", &["nurse"]).await;
    let engine = world.engine();
    let signed_in = world.sign_in(" ann ", PASSWORD).await.unwrap();
    let who = world.who(&signed_in).await.unwrap();
    assert_eq!((&*who.actor.id, who.standing), ("ann", Standing::Full));
    let listed = engine.identity().sessions("ann").await.unwrap();
    assert_eq!((listed.len(), &listed[0].id, &*listed[0].origin), (1, &who.session, "ward"));
    // what is stored is no secret of anybody
    let stored = world.store.sessions_of("ann").await.unwrap();
    assert!(!format!("{stored:?}").contains(signed_in.secret.reveal()));
    assert!(!format!("{signed_in:?}").contains(signed_in.secret.reveal()));
    engine.identity().sign_out(&who, world.now()).await.unwrap();
    assert!(world.who(&signed_in).await.is_none());
    assert_eq!(world.acts().await, ["signed_in", "session_ended"]);
    world.prove().await;
}

#[tokio::test]
async fn somebody_signs_in_and_out_on_every_store() {
    on_memory(signed_in_and_out).await;
    on_sqlite(signed_in_and_out).await;
    on_postgres(signed_in_and_out).await;
}

#[tokio::test]
async fn whoever_is_nobody_is_told_no_more_than_whoever_mistypes() {
    let world = World::with(&[]).await;
    world.with_password("ann", &["nurse"]).await;
    world
        .engine()
        .put_person(&person("bob", &["nurse"]), &operator())
        .await
        .unwrap();
    for (name, password) in [
        ("ann", "wrong horse battery"),
        ("bob", PASSWORD),
        ("eve", PASSWORD),
        ("", PASSWORD),
        ("ann\0", PASSWORD),
    ] {
        let refused = world.sign_in(name, password).await;
        assert_eq!(refused.unwrap_err(), EngineError::NotProved, "{name}");
    }
    // who is unknown is counted, and not named
    assert_eq!(world.acts().await, ["sign_in_failed"]);
    world.engine().identity().tick(world.now()).await.unwrap();
    world.engine().identity().tick(world.now()).await.unwrap();
    assert_eq!(world.acts().await, ["sign_in_failed", "sign_ins_unknown"]);
    let trail = world.engine().system_trail(0, 100).await.unwrap();
    let said: String = trail.iter().map(|row| row.bytes.as_str()).collect();
    assert!(said.contains(r#""count":4"#), "{said}");
    assert!(!said.contains("eve") && !said.contains("horse"), "{said}");
}

#[tokio::test]
async fn whoever_fails_too_often_is_locked_out_for_longer_each_time_and_leaves_no_more_entries() {
    let world = World::with(&[]).await;
    world.with_password("ann", &["nurse"]).await;
    for _ in 0..=lockout::FREE {
        world.sign_in("ann", "wrong horse battery").await.unwrap_err();
    }
    let failures = world.acts().await.len();
    assert_eq!(failures, lockout::FREE as usize + 1);
    // the right one is not taken now, in the same words, and nothing is written of it
    for password in [PASSWORD, "wrong horse battery"] {
        assert_eq!(world.sign_in("ann", password).await.unwrap_err(), EngineError::NotProved);
    }
    assert_eq!(world.acts().await.len(), failures);
    world.pass(seconds(lockout::FIRST_US));
    world.sign_in("ann", "wrong horse battery").await.unwrap_err();
    world.pass(seconds(lockout::FIRST_US));
    assert_eq!(world.sign_in("ann", PASSWORD).await.unwrap_err(), EngineError::NotProved);
    world.pass(seconds(lockout::FIRST_US));
    world.sign_in("ann", PASSWORD).await.unwrap();
    // who has signed in begins anew
    world.sign_in("ann", "wrong horse battery").await.unwrap_err();
    world.sign_in("ann", PASSWORD).await.unwrap();
    world.prove().await;
}

#[tokio::test]
async fn however_many_attempts_come_at_once_no_more_count_than_may() {
    let world = World::with(&[]).await;
    world.with_password("ann", &["nurse"]).await;
    let attempts = (0..24).map(|_| world.sign_in("ann", "wrong horse battery"));
    for attempt in futures_of(attempts).await {
        attempt.unwrap_err();
    }
    assert_eq!(world.acts().await.len(), lockout::FREE as usize + 1);
    let credential = world.store.credential("ann").await.unwrap().unwrap();
    assert_eq!(credential.failures, lockout::FREE + 1);
}

/// All of them at once, in their order.
async fn futures_of<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pinned: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut all = true;
        for (future, answer) in &mut pinned {
            if answer.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(ready) => *answer = Some(ready),
                    std::task::Poll::Pending => all = false,
                }
            }
        }
        if all {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    pinned.into_iter().filter_map(|(_, answer)| answer).collect()
}

#[tokio::test]
async fn an_operator_unlocks() {
    let world = World::with(&[]).await;
    world.with_password("ann", &["nurse"]).await;
    for _ in 0..=lockout::FREE {
        world.sign_in("ann", "wrong horse battery").await.unwrap_err();
    }
    let engine = world.engine();
    engine.identity().unlock("ann", &operator(), world.now()).await.unwrap();
    world.sign_in("ann", PASSWORD).await.unwrap();
    let nobody = engine.identity().unlock("eve", &operator(), world.now()).await;
    assert_eq!(nobody, Err(EngineError::Hidden));
}

#[tokio::test]
async fn a_password_of_an_operator_is_for_once_and_for_a_week() {
    let world = World::with(&[]).await;
    let engine = world.engine();
    let identity = engine.identity();
    engine.put_person(&person("ann", &["nurse"]), &operator()).await.unwrap();
    let made = identity
        .set_password("ann", None, PasswordFor::Once, &operator(), world.now())
        .await
        .unwrap();
    let signed_in = world.sign_in("ann", made.reveal()).await.unwrap();
    let who = world.who(&signed_in).await.unwrap();
    assert_eq!(who.standing, Standing::ChangePassword);
    // there is nothing else to be done in such a session
    let proved = identity.prove(&who, &made, world.now()).await;
    assert_eq!(proved, Err(EngineError::NotProved));
    let refused = identity.begin_enrolment(&who, Some(&made), world.now()).await;
    assert_eq!(refused.unwrap_err(), EngineError::NotProved);

    let other = world.sign_in("ann", made.reveal()).await.unwrap();
    let next = Secret::from("seven blue umbrellas");
    let wrong = identity.change_password(&who, &next, &next, world.now()).await;
    assert_eq!(wrong, Err(EngineError::NotProved));
    for weak in ["short", "annann123456", made.reveal()] {
        let refused = identity.change_password(&who, &made, &Secret::from(weak), world.now()).await;
        assert!(matches!(refused, Err(EngineError::IdentityRefused(_))), "{weak}: {refused:?}");
    }
    identity.change_password(&who, &made, &next, world.now()).await.unwrap();
    let who = world.who(&signed_in).await.unwrap();
    assert_eq!(who.standing, Standing::Full);
    assert!(world.who(&other).await.is_none(), "their other sessions are over");
    world.sign_in("ann", made.reveal()).await.unwrap_err();
    world.sign_in("ann", next.reveal()).await.unwrap();

    let made = identity
        .set_password("ann", None, PasswordFor::Once, &operator(), world.now())
        .await
        .unwrap();
    assert!(
        world.who(&signed_in).await.is_none(),
        "a new password ends what was begun with the old one"
    );
    world.pass(seconds(TEMPORARY_US) - 1);
    world.sign_in("ann", made.reveal()).await.unwrap();
    world.pass(1);
    world.sign_in("ann", made.reveal()).await.unwrap_err();
    let nobody = identity
        .set_password("eve", None, PasswordFor::Once, &operator(), world.now())
        .await;
    assert_eq!(nobody.unwrap_err(), EngineError::Hidden);
    world.prove().await;
}
