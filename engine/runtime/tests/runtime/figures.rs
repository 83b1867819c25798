//! What a node counts of what it does.

use crate::effects::MAKER;
use crate::support::{COUNTER, World};

#[tokio::test]
async fn inputs_and_attempts_are_counted_by_what_became_of_them() {
    let mut world = World::with(&[COUNTER, MAKER]).await;
    world.start("counter", "C", &[]).await.unwrap();
    world.send("counter", "C", "ADD").await.unwrap();
    world.send("counter", "C", "NOTHING").await.unwrap();
    world.start("maker", "M", &[]).await.unwrap();
    world.send("maker", "M", "MAKE").await.unwrap();
    world.settle().await;
    let figures = world.node.engine.figures();
    let count = |source: &str, end: &str| {
        let mut rows = figures.inputs();
        rows.find_map(|(of, to, count)| (of == source && to == end).then_some(count))
            .unwrap()
    };
    assert_eq!(
        (
            count("caller", "taken"),
            count("caller", "ignored"),
            count("message", "taken")
        ),
        (4, 1, 1)
    );
    assert_eq!(figures.taken(), 5);
    let attempts: Vec<_> = figures.attempts().filter(|(_, _, count)| *count > 0).collect();
    assert_eq!(attempts, [(&"maker".into(), "answered", 1)]);
}
