//! Who is away is given nothing, and what somebody holds who leaves goes back.

use statewright_engine::directory::Absence;

use super::*;

#[tokio::test]
async fn whoever_is_away_is_given_nothing() {
    on_memory(async |store| {
        let mut world = house(store, "order: [least_load]", &["ann"]).await;
        let engine = world.engine();
        let away = |hours: i64| {
            Some(Absence {
                from: None,
                until: Some(world.now() + jiff::SignedDuration::from_hours(hours)),
                substitute: None,
            })
        };
        let (two, fifty) = (away(2), away(50));
        engine.directory().absent("ann", two, &operator(), world.now()).await.unwrap();
        world.calls(&["1"]).await;
        world.settle().await;
        assert_eq!(world.why("1").await, "offered to all: everybody whom it is for is away");
        world.pass(2 * 3_600);
        world.settle().await;
        assert_eq!(world.holder("1").await, "ann");
        // back sooner than was said
        engine
            .directory()
            .absent("ann", fifty, &operator(), world.now())
            .await
            .unwrap();
        world.calls(&["2"]).await;
        world.settle().await;
        assert_eq!(world.holder("2").await, "nobody");
        engine
            .directory()
            .absent("ann", None, &operator(), world.now())
            .await
            .unwrap();
        world.settle().await;
        assert_eq!(world.holder("2").await, "ann");
    })
    .await;
}

async fn somebody_who_leaves(store: Arc<dyn Store>) {
    let mut world = house(store, "order: [least_load]", &["ann", "ben"]).await;
    world.calls(&["1", "2", "3"]).await;
    world.settle().await;
    let of_ann = world.holder("1").await == "ann";
    assert_eq!((of_ann, world.holder("2").await), (true, "ben".to_owned()));
    let (engine, who) = (world.engine(), operator());
    let given_back = world.ask(async move { engine.remove_person("ann", &who).await }).await;
    assert_eq!(given_back.unwrap(), 2);
    // offered at once, and given to whoever is left
    world.settle().await;
    for ticket in ["1", "2", "3"] {
        assert_eq!(world.holder(ticket).await, "ben", "{ticket}");
    }
    assert_eq!(world.given("1").await, ["give ann", "hand over ann", "give ben"]);
    // what they took on since goes back when it is asked for again
    assert_eq!(world.act_as("ben", "3", TaskAct::Release { note: None }).await, "taken");
    assert_eq!(world.act_as("ann", "3", TaskAct::Claim).await, "taken");
    for left in [Some(1), None] {
        let (engine, who) = (world.engine(), operator());
        let again = world.ask(async move { engine.remove_person("ann", &who).await }).await;
        assert_eq!(again.ok(), left);
    }
    world.prove().await;
}

#[tokio::test]
async fn what_somebody_holds_who_leaves_goes_back_to_the_others() {
    on_memory(somebody_who_leaves).await;
    on_sqlite(somebody_who_leaves).await;
    on_postgres(somebody_who_leaves).await;
}
