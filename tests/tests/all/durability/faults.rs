//! Three servers on one PostgreSQL while everything around them goes wrong at random.

use std::time::Duration;

use statewright_tests::database::Database;
use statewright_tests::environment;
use statewright_tests::random::Seed;

use super::course::Course;
use super::member::Member;
use super::works::Works;

/// How long things go wrong, in CI and in the long form.
const LASTS: (Duration, Duration) = (Duration::from_secs(25), Duration::from_secs(600));

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_lose_nothing_and_double_nothing_whatever_goes_wrong_around_them() {
    let seed = Seed::choose();
    let mut random = seed.random();
    let mut works = Works::open(Database::with_own_cluster()).await;
    let mut course = Course::begin(&works, &["one", "two", "three"], random.fork()).await;
    works.begin(&mut random).await;
    course
        .run(&mut works, if environment::long() { LASTS.1 } else { LASTS.0 })
        .await;
    let (members, _diary) = course.end();
    works.finish().await;
    works.open_gate().await;
    let (nodes, _networks): (Vec<_>, Vec<_>) = members.into_iter().map(Member::into_node).unzip();
    works.settle(nodes, "after faults of every kind").await;
}
