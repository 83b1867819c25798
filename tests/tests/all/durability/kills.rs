//! Servers and databases killed under load.

use statewright_tests::database::{Database, Dialect};
use statewright_tests::environment;
use statewright_tests::random::Seed;
use statewright_tests::wait;

use super::works::{DISTANCE_MS_MAX, Works};

/// How often a server is killed, in CI and in the long form.
const KILLS: (u64, u64) = (20, 100);

/// How often the database is killed under a server that lives on: its recovery takes longer.
const DATABASE_KILLS: (u64, u64) = (8, 100);

/// Answers between two kills: so that each round gets somewhere, however slow the machine.
const ANSWERS: (u64, u64) = (20, 160);

/// The same where each round has two parts: with both servers, and with the one that is left.
const ANSWERS_OF_A_PART: (u64, u64) = (10, 60);

/// One in so many kills strikes a server that has not come up yet.
const EARLY_IN: u64 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_on_sqlite_loses_nothing_and_doubles_nothing() {
    one_server_killed(Dialect::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_on_postgres_loses_nothing_and_doubles_nothing() {
    one_server_killed(Dialect::Postgres).await;
}

async fn one_server_killed(dialect: Dialect) {
    let seed = Seed::choose();
    let mut random = seed.random();
    let mut works = Works::open(Database::create(dialect).await).await;
    let plan = works.site.plan("one");
    let mut node = plan.start().await;
    works.begin(&mut random).await;
    for _ in 0..chosen(KILLS) {
        works.progress(&mut random, ANSWERS).await;
        works.kill(node).await;
        node = plan.spawn();
        while random.once_in(EARLY_IN) {
            wait::distance(random.below(DISTANCE_MS_MAX)).await;
            works.kill(node).await;
            node = plan.spawn();
        }
        node.ready().await;
    }
    works.finish().await;
    // Every job waits for the gate; it opens, and all of them are woken by a server that is struck down.
    works.open_gate().await;
    wait::distance(random.below(DISTANCE_MS_MAX)).await;
    works.kill(node).await;
    node = plan.start().await;
    works.settle(vec![node], "kills of a server").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_outlives_its_postgres() {
    let seed = Seed::choose();
    let mut random = seed.random();
    let mut works = Works::open(Database::with_own_cluster()).await;
    let node = works.site.start("one").await;
    works.begin(&mut random).await;
    for _ in 0..chosen(DATABASE_KILLS) {
        works.progress(&mut random, ANSWERS).await;
        works.site.database.cluster().kill();
        works.kills += 1;
        works.site.database.cluster().restart();
    }
    works.finish().await;
    works.open_gate().await;
    works.settle(vec![node], "kills of PostgreSQL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_one_carries_on_while_the_other_is_killed() {
    let seed = Seed::choose();
    let mut random = seed.random();
    let mut works = Works::open(Database::create(Dialect::Postgres).await).await;
    let plan = works.site.plan("mortal");
    let survivor = works.site.start("survivor").await;
    let mut mortal = plan.start().await;
    works.begin(&mut random).await;
    for _ in 0..chosen(KILLS) {
        works.progress(&mut random, ANSWERS_OF_A_PART).await;
        works.kill(mortal).await;
        // With only one door open, every answer is the survivor's.
        works.progress(&mut random, ANSWERS_OF_A_PART).await;
        mortal = plan.start().await;
    }
    works.finish().await;
    works.open_gate().await;
    wait::distance(random.below(DISTANCE_MS_MAX)).await;
    works.kill(mortal).await;
    mortal = plan.start().await;
    works.settle(vec![survivor, mortal], "kills of one of two servers").await;
}

fn chosen((short, long): (u64, u64)) -> u64 {
    if environment::long() { long } else { short }
}
