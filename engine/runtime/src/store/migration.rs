//! The schema's versions: forward only, the same numbers in both dialects.

use super::{StoreError, StoreResult};

/// One step of the schema, as a file of the folder `migrations`.
#[derive(Debug)]
pub(super) struct Migration {
    pub(super) version: i64,
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

macro_rules! migrations {
    ($dialect:literal: $($version:literal $name:literal),+ $(,)?) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../../../migrations/", $dialect, "/", $name, ".sql")),
        }),+]
    };
}

pub(super) const SQLITE: &[Migration] = migrations!("sqlite":
    1 "0001_store",
    2 "0002_calendar",
    3 "0003_task",
    4 "0004_mark",
    5 "0005_field",
    6 "0006_topic",
    7 "0007_task_field",
    8 "0008_table",
    9 "0009_identity",
    11 "0011_file",
    12 "0012_document",
    13 "0013_node",
    14 "0014_mail",
    15 "0015_read",
    16 "0016_history",
    17 "0017_secret",
    18 "0018_task_due",
);

pub(super) const POSTGRES: &[Migration] = migrations!("postgres":
    1 "0001_store",
    2 "0002_calendar",
    3 "0003_task",
    4 "0004_mark",
    5 "0005_field",
    6 "0006_topic",
    7 "0007_task_field",
    8 "0008_table",
    9 "0009_identity",
    11 "0011_file",
    12 "0012_document",
    13 "0013_node",
    14 "0014_mail",
    15 "0015_read",
    16 "0016_history",
    17 "0017_secret",
    18 "0018_task_due",
);

/// What is still to be done to a schema of version `found` (0: empty).
pub(super) fn remaining(known: &'static [Migration], found: i64) -> StoreResult<&'static [Migration]> {
    let newest = known.last().map_or(0, |migration| migration.version);
    if found > newest {
        return Err(StoreError::Schema(format!(
            "the database has schema version {found}, this program knows versions up to {newest}: \
             run the program that upgraded it, or a newer one"
        )));
    }
    let done = known.iter().take_while(|migration| migration.version <= found).count();
    Ok(&known[done..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_rise_and_are_those_of_the_files() {
        for known in [SQLITE, POSTGRES] {
            assert!(known.is_sorted_by(|earlier, later| earlier.version < later.version));
            for migration in known {
                assert!(
                    migration.name.starts_with(&format!("{:04}_", migration.version)),
                    "{}",
                    migration.name
                );
            }
        }
        let names = |known: &'static [Migration]| known.iter().map(|migration| migration.name).collect::<Vec<_>>();
        assert_eq!(names(SQLITE), names(POSTGRES));
    }

    #[test]
    fn only_what_is_missing_remains() {
        assert_eq!(remaining(SQLITE, 0).map(<[_]>::len).ok(), Some(SQLITE.len()));
        assert_eq!(remaining(SQLITE, 1).map(<[_]>::len).ok(), Some(SQLITE.len() - 1));
        let newest = SQLITE.last().map_or(0, |migration| migration.version);
        assert_eq!(remaining(SQLITE, newest).map(<[_]>::len).ok(), Some(0));
        assert!(matches!(remaining(SQLITE, 900), Err(StoreError::Schema(_))));
    }
}
