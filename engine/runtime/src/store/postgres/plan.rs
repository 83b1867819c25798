//! Every statement can be prepared, and none of them ever walks a table that grows, whatever the statistics say.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Row};

use super::connection::{Address, SET_UP, SET_UP_COMMITTER};
use super::part::{Form, Part};
use super::{
    alone, calendar, careful, document, field, file, found, history, identity, inbox, incident, mail, mark, notice, number,
    operation, outbox, record, schema, search, secret, statement, table, task, task_field, tied, token, topic, wake,
};

/// On the connections that commit.
pub(super) const COMMITTING: &[&str] = &[
    statement::FIND_INPUTS,
    statement::FIND_GONE,
    alone::MOVE_ON,
    alone::MOVE_ON_ONCE,
    careful::LOCK_ABSENT,
    careful::LOCK,
    careful::FIND_HOLDERS,
    careful::HOLD_CLAIMS,
    careful::EXPECT_WATCHED,
    careful::UNWATCH,
    careful::WATCH,
    careful::FORGET_UNWATCHED,
    found::FOUND_BY,
    topic::LOCK,
];

/// There, too: what was found and is compared, in whatever part it stands.
const COMPARING: &[&str] = &[field::PAGE, field::COUNT];

/// On the connections of the pool.
const OTHERS: &[&str] = &[
    calendar::KEEP,
    calendar::MAKE_LIVE,
    calendar::FIND,
    calendar::LIVE,
    document::KEEP,
    document::MAKE_LIVE,
    document::NOTE,
    document::FIND,
    document::LIVE,
    document::HISTORY,
    table::KEEP,
    table::MAKE_LIVE,
    table::NOTE,
    table::FIND,
    table::LIVE,
    table::HISTORY,
    table::NOTE_USE,
    table::USES,
    table::IS_UNFINISHED,
    field::PAGE,
    field::COUNT,
    identity::FIND_CREDENTIAL,
    identity::FIND_REVISION,
    identity::ADD_CREDENTIAL,
    identity::CHANGE_CREDENTIAL,
    identity::FORGET_CREDENTIAL,
    identity::FIND_SESSION,
    identity::SESSIONS_OF,
    identity::EXPIRED,
    identity::PUT_SESSION,
    identity::END,
    identity::END_ALL,
    identity::END_ALL_BUT,
    identity::TOUCH,
    file::LOCK_UPLOADER,
    file::PENDING,
    file::BEGIN,
    file::RECEIVING,
    file::ADD_CHUNK,
    file::CLAIM_CONTENT,
    file::FINISH,
    file::DROP_UNFINISHED,
    file::DROP_CHUNKS,
    file::UPLOADS,
    file::CHUNK,
    file::ATTACHMENTS,
    file::EXPIRED,
    file::LOCK_EXPIRED,
    file::IS_ATTACHED,
    file::KEEP,
    file::FORGET,
    file::LOCK_CONTENT,
    file::HAS_CONTENT,
    file::FORGET_CONTENT,
    file::REDUNDANT,
    file::NOT_REDUNDANT,
    history::OF_ALL,
    history::OF_INSTANCE,
    incident::RAISE_TIMER,
    incident::RAISE_MESSAGE,
    incident::RAISE_EFFECT,
    incident::RAISE_MAIL,
    incident::OLDEST,
    incident::LOCK_TIMER,
    incident::LOCK_MESSAGE,
    incident::LOCK_EFFECT,
    incident::LOCK_MAIL,
    incident::RETRY_TIMER,
    incident::RETRY_MESSAGE,
    incident::RETRY_EFFECT,
    incident::RETRY_MAIL,
    incident::REMOVE_TIMER,
    incident::REMOVE_MESSAGE,
    incident::REMOVE_EFFECT,
    incident::REMOVE_MAIL,
    mail::LEASE,
    mail::BEGIN,
    mail::SETTLE,
    mail::DROP,
    mark::PAGE,
    mark::PAGE_OF_INSTANCES,
    mark::COUNT,
    mark::COUNT_OF_INSTANCES,
    notice::PAGE,
    notice::THREAD,
    notice::THREAD_BACK,
    number::DRAW,
    inbox::MARK_EACH,
    inbox::MARK_UP_TO,
    inbox::ONE_BY_ONE,
    inbox::READERS,
    inbox::UP_TO,
    operation::BACKLOG,
    operation::BEAT,
    operation::DUE_EFFECTS,
    operation::FORGET_NODES,
    operation::NODES,
    operation::OVERDUE,
    outbox::LEASE,
    outbox::EXTEND,
    outbox::COUNT_ATTEMPT,
    outbox::END_ATTEMPTS,
    record::KEEP_DEFINITION,
    record::MAKE_LIVE,
    record::FIND_DEFINITION,
    record::LIVE_DEFINITIONS,
    record::LIVE_HASHES,
    record::LOAD,
    record::INSTANCES_AFTER,
    record::INSTANCES,
    record::LIST,
    record::LIST_ALL,
    record::PERSONAL,
    record::PERSONAL_OF,
    record::TRAIL,
    record::ENTRY_OF_INPUT,
    search::PAGE,
    task::PAGE,
    task::PAGE_OF_WORKFLOW,
    task::FIND,
    task::OF_INSTANCES,
    task::HELD_BY,
    task::LOADS,
    task_field::PAGE,
    task_field::COUNT,
    tied::TIED,
    token::FIND_SAME,
    token::ADD,
    token::FIND,
    secret::FIND,
    token::ALL,
    token::REVOKE,
    wake::DUE_TIMERS,
    wake::NEXT_DUE,
    wake::READY_MESSAGES,
    wake::MESSAGES_OF,
    wake::MESSAGE,
    wake::LOCK_RECEIVER,
    wake::TAKE_LOST,
    wake::FORGET_RECEIVER,
    wake::INSERT_MESSAGE,
];

/// A batch's: each part beside what always is, with and without repetitions, and all parts together.
pub(super) fn forms() -> Vec<&'static str> {
    let common = [Part::Moved, Part::Begun, Part::Touched, Part::Entries];
    let mut forms = vec![Form::full()];
    for part in Part::ALL {
        for inputs in [None, Some(Part::Inputs)] {
            forms.push(Form::with(common.into_iter().chain([part]).chain(inputs)));
        }
    }
    for source in [Part::Moved, Part::Begun] {
        forms.push(Form::with([source, Part::Entries]));
    }
    forms.push(Form::with([Part::Touched, Part::Taken]));
    forms.extend(Form::whole_sets());
    forms.into_iter().map(Form::statement).collect()
}

const TABLES: [&str; 20] = [
    "claim",
    "effect",
    "file_attachment",
    "file_chunk",
    "file_content",
    "file_upload",
    "instance",
    "instance_field",
    "mail",
    "mark",
    "mark_field",
    "message",
    "notice",
    "notice_subject",
    "personal",
    "task",
    "task_field",
    "task_subject",
    "timer",
    "trail",
];

/// Meant to go through all instances, page by page.
const WALKS: [&str; 3] = [record::INSTANCES, record::INSTANCES_AFTER, record::LIST_ALL];

const FILL: &str = "
    insert into instance (id, workflow, key, definition, sequence, done, snapshot, head, started_at)
    select md5(n::text)::uuid, 'w' || n % 5, n, '', 1, false, '{}', '', n from generate_series(1, 20000) as n;
    insert into trail (instance, sequence, started_at, at, input_key, bytes)
    select md5(n::text)::uuid, s, n, 1, md5(n::text || s)::uuid, repeat('x', 100)
    from generate_series(1, 20000) as n, generate_series(1, 2) as s;
    insert into timer (instance, name, due) select md5(n::text)::uuid, 't', n from generate_series(1, 20000) as n;
    insert into message (receiver, key, body, due, inserted_at)
    select md5(n::text)::uuid, md5(n::text)::uuid, '{}', n, n % 2 * n from generate_series(1, 20000) as n;
    insert into effect (instance, key, adapter, body, due, epoch)
    select md5(n::text)::uuid, 'e', 'a', '{}', n, 0 from generate_series(1, 20000) as n;
    insert into claim (id, name, value, holder)
    select md5(n::text)::uuid, 'n', n, md5(n::text)::uuid from generate_series(1, 20000) as n;
    insert into personal (instance, reference, value)
    select md5(n::text)::uuid, '', '{}' from generate_series(1, 20000) as n;
    insert into instance_field (instance, field, value, workflow)
    select md5(n::text)::uuid, f, f || n % 50, 'w' || n % 5 from generate_series(1, 20000) as n, unnest(array['f', 'g', '']) as f;
    insert into mark (instance, name, sequence, ordinal, at, actor, data)
    select md5(n::text)::uuid, 'm' || n % 5, 1, 0, n, 'ada', '{}' from generate_series(1, 20000) as n;
    insert into mark_field (instance, sequence, ordinal, field, value, name, at)
    select md5(n::text)::uuid, 1, 0, f, f || n % 50, 'm' || n % 5, n
    from generate_series(1, 20000) as n, unnest(array['f', 'g', '']) as f;
    insert into task (instance, name, opened, opened_at, workflow, holder, priority, due, subjects, body)
    select md5(n::text)::uuid, 's', 1, n, 'w' || n % 5, case when n % 3 = 0 then 'u' || n % 40 end, n % 10, n, '[]', '{}'
    from generate_series(1, 20000) as n;
    insert into task_subject (instance, task, subject, workflow, held, priority, due, opened_at)
    select md5(n::text)::uuid, 's', 'role:' || (n + r) % 50, 'w' || n % 5, n % 3 = 0, n % 10, n, n
    from generate_series(1, 20000) as n, generate_series(1, 2) as r;
    insert into task_field (instance, task, field, value)
    select md5(n::text)::uuid, 's', f, f || n % 50 from generate_series(1, 20000) as n, unnest(array['role', 'unit']) as f;
    insert into notice (instance, sequence, ordinal, at, thread, subjects, body)
    select md5(n::text)::uuid, 1, 0, n, n % 2 = 0, '[]', '{}' from generate_series(1, 20000) as n;
    insert into mail (instance, name, sequence, ordinal, at, due)
    select md5(n::text)::uuid, '1:0', 1, 0, n, n from generate_series(1, 20000) as n;
    insert into notice_subject (subject, at, instance, sequence, ordinal)
    select 'role:' || n % 50, n, md5(n::text)::uuid, 1, 0 from generate_series(1, 20000) as n;
    insert into file_upload (file, uploader, expires_at, size, attached, redundant, whole_at, sha256)
    select md5(n::text)::uuid, 'u' || n % 50, n, n, n % 3 > 0, n % 7 = 0, n, sha256(n::text::bytea)
    from generate_series(1, 20000) as n;
    insert into file_content (sha256, file) select sha256(n::text::bytea), md5(n::text)::uuid from generate_series(1, 20000) as n;
    insert into file_chunk (file, number, bytes) select md5(n::text)::uuid, 0, 'x' from generate_series(1, 20000) as n;
    insert into file_attachment (instance, file, personal, at)
    select md5(n::text)::uuid, md5(n::text)::uuid, false, n from generate_series(1, 20000) as n";

fn arguments(sql: &str) -> usize {
    (1..).take_while(|number| sql.contains(&format!("${number}"))).count()
}

async fn explain(connection: &mut PgConnection, sql: &'static str) -> Vec<String> {
    let prepare = AssertSqlSafe(format!("prepare asked as {sql}"));
    connection
        .execute(prepare)
        .await
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    let nulls = vec!["null"; arguments(sql)].join(", ");
    let call = if nulls.is_empty() {
        "asked".to_owned()
    } else {
        format!("asked ({nulls})")
    };
    let plan = connection
        .fetch_all(AssertSqlSafe(format!("explain (costs off) execute {call}")))
        .await
        .unwrap();
    connection.execute("deallocate asked").await.unwrap();
    plan.iter().map(|row| row.get(0)).collect()
}

fn check(plan: &[String], sql: &str, when: &str) {
    let shown = || format!("{when}\n{sql}\n{}", plan.join("\n"));
    for (place, line) in plan.iter().enumerate() {
        let of_table = TABLES.iter().find(|table| line.contains(&format!(" on {table}")));
        let Some(table) = of_table else { continue };
        assert!(!line.contains("Seq Scan"), "walks {table} {}", shown());
        let is_index = line.contains("Index Scan") || line.contains("Index Only Scan");
        if is_index && ["instance", "trail"].contains(table) && !WALKS.contains(&sql) {
            let conditions = plan[place + 1..].iter().take_while(|line| !line.contains("->"));
            assert!(
                conditions.into_iter().any(|line| line.contains("Index Cond")),
                "walks an index of {table} {}",
                shown()
            );
        }
    }
}

/// Of each queue no more is read than the page needs: the index gives what is asked for in the order in which it is asked for.
fn check_pages(plan: &[String], sql: &str, when: &str) {
    let (index, bound) = match sql {
        task::PAGE => ("task_subject_queue", "ROW("),
        task::PAGE_OF_WORKFLOW => ("task_subject_workflow", "ROW("),
        notice::PAGE => ("notice_subject_pkey", "ROW("),
        search::PAGE => ("instance_field_value", "ROW("),
        history::OF_ALL => ("trail_moment", "ROW("),
        operation::OVERDUE => ("task_due", "(due < "),
        _ => return,
    };
    let shown = || format!("{index} {when}\n{sql}\n{}", plan.join("\n"));
    let place = plan.iter().position(|line| line.contains(&format!("using {index} ")));
    let place = place.unwrap_or_else(|| panic!("does not walk {}", shown()));
    assert!(
        plan[place - 1].trim_start().trim_start_matches("->  ").starts_with("Limit"),
        "sorts what it walks {}",
        shown()
    );
    let condition = plan[place + 1..].iter().find(|line| line.contains("Index Cond"));
    assert!(
        condition.is_some_and(|condition| condition.contains(bound)),
        "walks beyond the page {}",
        shown()
    );
}

async fn check_all(connection: &mut PgConnection, statements: &[&'static str], when: &str) {
    for sql in statements {
        let plan = explain(connection, sql).await;
        check(&plan, sql, when);
        check_pages(&plan, sql, when);
    }
}

async fn on_server(server: &PgConnectOptions, statement: String) {
    let mut connection = server.connect().await.expect("the server can be reached");
    connection
        .execute(AssertSqlSafe(statement))
        .await
        .expect("databases may be made and dropped");
    connection.close().await.expect("the connection ends as it began");
}

#[tokio::test]
async fn no_statement_walks_a_table() {
    #[allow(clippy::disallowed_methods)] // a test has no configuration
    let Ok(url) = std::env::var("STATEWRIGHT_TEST_POSTGRES") else {
        println!("skipped: STATEWRIGHT_TEST_POSTGRES names no server");
        return;
    };
    let server: PgConnectOptions = url.parse().expect("STATEWRIGHT_TEST_POSTGRES is a URL");
    let name = format!("statewright_plan_{}", std::process::id());
    on_server(&server, format!("create database {name}")).await;
    let (beginning, _) = url.rsplit_once('/').expect("the server's URL ends with a database");
    let address = Address::parse(&format!("{beginning}/{name}")).expect("it is a URL like the first");
    let pool = address.pool();
    schema::migrate(&pool).await.expect("the schema can be made");

    let mut committing = address.committer().await.expect("it can be reached");
    let mut others = server.clone().database(&name).connect().await.expect("it can be reached");
    others.execute(SET_UP).await.expect("it can be set up");
    others
        .execute("set plan_cache_mode = force_generic_plan")
        .await
        .expect("it can be set up");
    assert!(SET_UP_COMMITTER.contains("force_generic_plan"));
    for change in ["", "analyze", "vacuum", FILL, "analyze"] {
        sqlx::raw_sql(change).execute(&mut others).await.expect("it is our own");
        // Plans are those of the statistics of now.
        committing.execute("discard plans").await.expect("they can be made anew");
        check_all(&mut committing, &forms(), change).await;
        check_all(&mut committing, COMMITTING, change).await;
        check_all(&mut committing, COMPARING, change).await;
        check_all(&mut others, OTHERS, change).await;
    }
    committing.close().await.expect("the connection ends as it began");
    others.close().await.expect("the connection ends as it began");
    pool.close().await;
    on_server(&server, format!("drop database {name}")).await;
}
