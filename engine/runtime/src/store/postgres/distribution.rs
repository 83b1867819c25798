//! Every statement that a commit makes names, for each table that grows, the instance whose rows it touches: by hash of it the tables
//! can be partitioned, or distributed over many databases, and each row is still found in one place.
//!
//! What looks for work (due timers, ready messages, effects to lease, lists) asks for nobody's rows in particular and goes to all parts.

use super::part::Form;
use super::plan::{COMMITTING, forms};
use super::wake;

/// Tables that grow, and the column that says whose a row is.
const OWNERS: [(&str, &str); 17] = [
    ("claim", "id"),
    ("effect", "instance"),
    ("file_attachment", "instance"),
    ("instance", "id"),
    ("instance_field", "instance"),
    ("mail", "instance"),
    ("mark", "instance"),
    ("mark_field", "instance"),
    ("message", "receiver"),
    ("notice", "instance"),
    ("notice_subject", "instance"),
    ("personal", "instance"),
    ("task", "instance"),
    ("task_field", "instance"),
    ("task_subject", "instance"),
    ("timer", "instance"),
    ("trail", "instance"),
];

/// The places where a statement touches tables without saying whose rows it means.
fn unnamed(sql: &str) -> Vec<String> {
    let words: Vec<&str> = sql
        .split(|c: char| !(c.is_alphanumeric() || "_.$=(".contains(c)))
        .filter(|word| !word.is_empty())
        .collect();
    let touching = words.windows(3).filter_map(|window| {
        let [verb, table, alias] = window else { return None };
        let owner = OWNERS.iter().find(|(name, _)| name == table)?.1;
        match *verb {
            "into" => {
                let columns = sql.split_once(&format!("into {table} "))?.1.split(')').next()?;
                let names = columns
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .any(|name| name == owner);
                (!names).then(|| format!("into {table}"))
            }
            "from" | "join" | "update" | "using" => {
                let is_alias = !["where", "set"].contains(alias);
                let column = if is_alias {
                    format!("{alias}.{owner}")
                } else {
                    owner.to_owned()
                };
                let compared = [format!("{column} = "), format!(" = {column}")];
                let is_compared = compared.iter().any(|comparison| sql.contains(comparison.as_str()));
                (!is_compared).then(|| format!("{verb} {table} {alias}"))
            }
            _ => None,
        }
    });
    touching.collect()
}

#[test]
fn what_commits_names_whose_rows_it_touches() {
    let others = [
        wake::TAKE_LOST,
        wake::FORGET_RECEIVER,
        wake::INSERT_MESSAGE,
        Form::full().statement(),
    ];
    for sql in forms().into_iter().chain(COMMITTING.iter().copied()).chain(others) {
        assert_eq!(unnamed(sql), Vec::<String>::new(), "{sql}");
    }
}

#[test]
fn what_names_nobody_is_found() {
    let check = |sql: &str, expected: &[&str]| assert_eq!(unnamed(sql), expected, "{sql}");
    check("delete from timer where due <= $1", &["from timer where"]);
    check("update message m set due = 0 where m.id = $1", &["update message m"]);
    check("insert into trail (sequence, bytes) values ($1, $2)", &["into trail"]);
    check("delete from timer where instance = $1", &[]);
    check("select from trail t where t.instance = $1", &[]);
}
