//! A database with years of instances in it: copies of one that has ended, each under its own identifier and its own time.
//!
//! The copies are rows like any others to the database; as trails they prove nothing, so that `verify` is not for such a database.

use std::time::Instant;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Instances copied in one statement, so that none of them is a transaction of gigabytes.
const INSTANCES_PER_STATEMENT: usize = 50_000;

/// The youngest ended instance is copied; the copies began one a millisecond in the time before it.
const MODEL: &str = "
    create temporary table model as
    select i.* from instance i where i.workflow = 'bench-order' and i.done order by i.started_at desc limit 1;
    create temporary table model_trail as
    select t.* from trail t join model m on t.started_at = m.started_at and t.instance = m.id";

const INSTANCES: &str = "
    insert into instance (id, workflow, key, definition, sequence, done, snapshot, head, started_at)
    select md5('history-' || n)::uuid, m.workflow, 'history-' || n, m.definition, m.sequence, true, m.snapshot, m.head,
        m.started_at - n::int8 * 1000
    from model m, generate_series(FIRST, LAST) as n";

const ENTRIES: &str = "
    insert into trail (instance, sequence, started_at, at, input_key, bytes)
    select md5('history-' || n)::uuid, t.sequence, t.started_at - n::int8 * 1000, t.at - n::int8 * 1000,
        md5('history-' || n || '-' || t.sequence)::uuid, t.bytes
    from generate_series(FIRST, LAST) as n, model_trail t";

/// Fills the trail of a PostgreSQL database up to about this many entries. The database has run W1 before.
///
/// # Errors
/// What the database says.
pub async fn fill(store: &str, entries: usize) -> Result<(), String> {
    let mut connection = PgConnection::connect(store).await.map_err(|error| error.to_string())?;
    run(&mut connection, MODEL.to_owned()).await?;
    let each: i64 = sqlx::query_scalar("select count(*) from model_trail")
        .fetch_one(&mut connection)
        .await
        .map_err(|error| error.to_string())?;
    let each = usize::try_from(each).ok().filter(|each| *each > 0);
    let instances = entries / each.ok_or("there is no ended instance to copy")?;
    let begun = Instant::now();
    // The oldest first, as they would have come.
    let mut last = instances;
    while last > 0 {
        let first = last.saturating_sub(INSTANCES_PER_STATEMENT) + 1;
        for statement in [INSTANCES, ENTRIES] {
            let statement = statement
                .replace("FIRST", &first.to_string())
                .replace("LAST", &last.to_string());
            run(&mut connection, statement).await?;
        }
        last = first - 1;
    }
    // What would come by itself in the minutes after, in the middle of a measurement.
    run(
        &mut connection,
        "vacuum (analyze) instance; vacuum (analyze) trail; checkpoint".to_owned(),
    )
    .await?;
    eprintln!(
        "{instances} instances, {entries} entries in {:.0} s",
        begun.elapsed().as_secs_f64()
    );
    connection.close().await.map_err(|error| error.to_string())
}

async fn run(connection: &mut PgConnection, statements: String) -> Result<(), String> {
    for statement in statements.split(';') {
        let done = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(&mut *connection)
            .await;
        done.map_err(|error| error.to_string())?;
    }
    Ok(())
}
