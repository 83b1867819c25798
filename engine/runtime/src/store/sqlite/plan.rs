//! Every statement can be prepared, and none of them walks a table that grows.

use rusqlite::Connection;

use super::{
    calendar, commit, document, field, file, history, identity, inbox, incident, mail, mark, notice, operation, outbox, record,
    schema, search, secret, table, task, task_field, tied, token, wake,
};

const STATEMENTS: &[&str] = &[
    commit::FIND_SEQUENCE,
    commit::FIND_INPUT,
    commit::FIND_HOLDER,
    commit::BEGIN_INSTANCE,
    commit::MOVE_INSTANCE,
    commit::FIND_WATCHERS,
    commit::SET_WATCHERS,
    commit::FORGET_UNWATCHED,
    commit::INSERT_ENTRY,
    commit::ERASE,
    commit::INSERT_PERSONAL,
    commit::REMOVE_TIMER,
    commit::ARM_TIMER,
    commit::RESUME_MESSAGES,
    commit::DEFER_MESSAGE,
    commit::FIND_MESSAGE,
    commit::TAKE_MESSAGE,
    commit::INSERT_EFFECT,
    commit::ABANDON_EFFECT,
    commit::HOLD_CLAIM,
    commit::RELEASE_CLAIM,
    field::REMOVE_FIELDS,
    field::REMOVE_STATES,
    field::PUT,
    field::OF_VALUE,
    field::COUNT,
    field::SEQUENCE,
    identity::FIND_CREDENTIAL,
    identity::FIND_REVISION,
    identity::PUT_CREDENTIAL,
    identity::FORGET_CREDENTIAL,
    identity::FIND_SESSION,
    identity::SESSIONS_OF,
    identity::EXPIRED,
    identity::PUT_SESSION,
    identity::END_ONE,
    identity::END_ALL,
    identity::END_ALL_BUT,
    identity::TOUCH,
    file::PENDING,
    file::PENDING_BYTES,
    file::BEGIN,
    file::RECEIVING,
    file::ADD_CHUNK,
    file::GROW,
    file::CLAIM_CONTENT,
    file::FIND_CONTENT,
    file::FINISH,
    file::DROP_UNFINISHED,
    file::DROP_CHUNKS,
    file::UPLOAD,
    file::CHUNK,
    file::ATTACHMENTS,
    file::EXPIRED,
    file::IS_ATTACHED,
    file::KEEP,
    file::FORGET,
    file::HAS_CONTENT,
    file::FORGET_CONTENT,
    file::REDUNDANT,
    file::NOT_REDUNDANT,
    file::ATTACH,
    file::DETACH,
    file::EXPIRE,
    history::OF_ALL,
    history::OF_INSTANCE,
    incident::RAISE_TIMER,
    incident::RAISE_MESSAGE,
    incident::RAISE_EFFECT,
    incident::RAISE_MAIL,
    incident::TIMERS,
    incident::MESSAGES,
    incident::EFFECTS,
    incident::MAILS,
    incident::IS_TIMER,
    incident::IS_MESSAGE,
    incident::IS_EFFECT,
    incident::IS_MAIL,
    incident::RETRY_TIMER,
    incident::RETRY_MESSAGE,
    incident::RETRY_EFFECT,
    incident::RETRY_MAIL,
    incident::REMOVE_TIMER,
    incident::REMOVE_MESSAGE,
    incident::REMOVE_EFFECT,
    incident::REMOVE_MAIL,
    mail::KEEP,
    mail::LEASE,
    mail::NOTICE,
    mail::IS_HELD,
    mail::BEGIN,
    mail::REMOVE,
    mail::POSTPONE,
    mail::FAIL,
    mail::DROP,
    mark::KEEP,
    mark::KEEP_FIELD,
    mark::LATEST,
    mark::TAKE_BACK,
    mark::TAKE_BACK_FIELDS,
    mark::OF_VALUE,
    mark::OF_INSTANCE,
    mark::COUNT,
    mark::FIND,
    notice::KEEP,
    notice::KEEP_SUBJECT,
    notice::NEWEST,
    notice::FIND,
    notice::THREAD,
    notice::THREAD_BACK,
    inbox::IS_READ,
    inbox::MARK_EACH,
    inbox::MARK_UP_TO,
    inbox::READERS,
    inbox::UP_TO,
    operation::BEAT,
    operation::DUE_EFFECTS,
    operation::DUE_TIMERS,
    operation::INCIDENTS,
    operation::OVERDUE,
    operation::READY_MESSAGES,
    outbox::FORGET_ABANDONED,
    outbox::LEASE,
    outbox::EXTEND,
    outbox::COUNT_ATTEMPT,
    outbox::REMOVE,
    outbox::REMOVE_ABANDONED,
    outbox::POSTPONE,
    outbox::FAIL,
    calendar::KEEP,
    calendar::MAKE_LIVE,
    calendar::FIND,
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
    table::HISTORY,
    table::NOTE_USE,
    table::USES,
    table::IS_UNFINISHED,
    record::KEEP_DEFINITION,
    record::MAKE_LIVE,
    record::FIND_DEFINITION,
    record::DRAW_NUMBERS,
    record::LOAD,
    record::INSTANCES_AFTER,
    record::DEFINITIONS_AFTER,
    record::LIST,
    record::NEXT_WORKFLOW,
    record::PERSONAL,
    record::TRAIL,
    record::ENTRY_OF_INPUT,
    search::LINE,
    tied::DEFINITION,
    tied::TIED,
    task_field::REMOVE,
    task_field::PUT,
    task_field::OF_VALUE,
    task_field::COUNT,
    task::REMOVE,
    task::REMOVE_SUBJECTS,
    task::PUT,
    task::PUT_SUBJECT,
    task::QUEUE,
    task::QUEUE_OF_WORKFLOW,
    task::HELD,
    task::FIND,
    task::OF_INSTANCE,
    task::HELD_BY,
    task::LOAD,
    token::FIND,
    secret::FIND,
    token::ADD,
    token::REVOKE,
    wake::DUE_TIMERS,
    wake::NEXT_DUE,
    wake::READY_MESSAGES,
    wake::MESSAGES_OF,
    wake::MESSAGE,
    wake::TAKE_LOST,
    wake::INSERT_MESSAGE,
];

/// Small, and asked for whole.
const WHOLE: &[&str] = &[
    mail::COUNT,
    calendar::LIVE,
    table::LIVE,
    record::LIVE_DEFINITIONS,
    record::LIVE_HASHES,
    token::ALL,
    token::FIND_SAME,
    operation::FORGET_NODES,
    operation::NODES,
];

fn steps(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection
        .prepare(&format!("explain query plan {sql}"))
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    let nothing = vec![None::<i64>; statement.parameter_count()];
    let steps = statement
        .query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>("detail"))
        .unwrap();
    steps.map(Result::unwrap).collect()
}

/// The steps of a plan that walk a table or an index from end to end, in the database as `prepare` left it.
fn walks(connection: &Connection, sql: &str) -> Vec<String> {
    let mut steps = steps(connection, sql);
    steps.retain(|step| step.starts_with("SCAN") && !is_bounded(step));
    steps
}

/// A row that is no table's, the rows of an inner statement, or an index that holds nothing but what is looked for, in the order
/// in which it is looked for.
fn is_bounded(step: &str) -> bool {
    let partial = [
        "message_ready",
        "message_incident",
        "timer_incident",
        "effect_incident",
        "mail_incident",
        "effect_abandoned",
        "file_upload_redundant",
    ];
    // The values of an argument.
    let is_virtual = step.contains(" VIRTUAL TABLE ");
    is_virtual
        || step == "SCAN CONSTANT ROW"
        || step.starts_with("SCAN (subquery")
        || partial.iter().any(|index| step.ends_with(index))
}

#[test]
fn no_statement_walks_a_table() {
    let connection = Connection::open_in_memory().unwrap();
    schema::migrate(&connection).unwrap();
    for sql in STATEMENTS {
        assert_eq!(walks(&connection, sql), Vec::<String>::new(), "{sql}");
    }
    for sql in WHOLE {
        walks(&connection, sql);
    }
}

/// Of each queue no more is read than the page needs: one search in one index, from where the page begins, and nothing to sort.
#[test]
fn a_page_is_one_walk_along_an_index() {
    let connection = Connection::open_in_memory().unwrap();
    schema::migrate(&connection).unwrap();
    let check = |sql: &str, expected: &str| {
        let steps = steps(&connection, sql);
        assert!(steps.len() == 1 && steps[0].contains(expected), "{sql}: {steps:?}");
    };
    let from = "(priority,due,opened_at,instance,task)>(?,?,?,?,?))";
    check(
        task::QUEUE,
        &format!("SEARCH task_subject USING COVERING INDEX task_subject_queue (subject=? AND held=? AND {from}"),
    );
    check(
        task::QUEUE_OF_WORKFLOW,
        &format!(
            "SEARCH task_subject USING COVERING INDEX task_subject_workflow (subject=? AND workflow=? AND held=? AND {from}"
        ),
    );
    check(
        task::HELD,
        "SEARCH task USING INDEX task_holder (holder=? AND (priority,due,opened_at,instance,name)>(?,?,?,?,?))",
    );
    check(
        notice::NEWEST,
        "SEARCH notice_subject USING PRIMARY KEY (subject=? AND (at,instance,sequence,ordinal)<(?,?,?,?))",
    );
    check(
        search::LINE,
        "SEARCH instance_field USING COVERING INDEX instance_field_value \
            (workflow=? AND field=? AND (value,instance)>(?,?) AND value<?)",
    );
    check(
        history::OF_ALL,
        "SEARCH trail USING INDEX trail_moment (at>? AND (at,instance,sequence)<(?,?,?))",
    );
    let late = steps(&connection, operation::OVERDUE);
    let walk = "SEARCH task USING COVERING INDEX task_due (due<?)";
    assert!(late.iter().any(|step| step == walk), "{late:?}");
    assert!(!late.iter().any(|step| step.contains("ORDER BY")), "{late:?}");
    let found = steps(&connection, field::OF_VALUE);
    let walk = "SEARCH s USING COVERING INDEX instance_field_value (workflow=? AND field=? AND value=? AND instance>?)";
    assert!(found.iter().any(|step| step == walk), "{found:?}");
    assert!(!found.iter().any(|step| step.contains("ORDER BY")), "{found:?}");
    let marks = steps(&connection, mark::OF_VALUE);
    let walk = "SEARCH s USING COVERING INDEX mark_field_value (name=? AND field=? AND value=? AND at>? AND at<?)";
    assert!(marks.iter().any(|step| step == walk), "{marks:?}");
    assert!(!marks.iter().any(|step| step.contains("ORDER BY")), "{marks:?}");
}
