//! An empty database of one test's own, reached as the program reaches it (by its URL) and past the program (by SQL).

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::cluster::Cluster;
use crate::environment;
use crate::folder::Folder;
use crate::wait;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

pub enum Database {
    Sqlite {
        folder: Folder,
    },
    /// Of the run's cluster, which is shared and stays up.
    Postgres {
        url: String,
    },
    /// Of a cluster of its own, which may be killed.
    OwnPostgres {
        cluster: Cluster,
    },
}

/// A lock on what every commit writes.
pub enum Hold {
    Sqlite { connection: rusqlite::Connection },
    Postgres { connection: PgConnection },
}

impl Hold {
    /// Lets the commits go on.
    ///
    /// # Panics
    /// Where the lock was lost before.
    pub async fn release(self) {
        match self {
            Hold::Sqlite { connection } => connection.execute_batch("rollback").expect("the file is locked"),
            Hold::Postgres { mut connection } => {
                sqlx::raw_sql("rollback")
                    .execute(&mut connection)
                    .await
                    .expect("the table is locked");
            }
        }
    }
}

impl Dialect {
    pub const BOTH: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];
}

impl Database {
    /// # Panics
    /// Where it cannot be made: then there is nothing to test.
    pub async fn create(dialect: Dialect) -> Database {
        match dialect {
            Dialect::Sqlite => Database::Sqlite { folder: Folder::new() },
            Dialect::Postgres => Database::Postgres {
                url: create_in(&environment::postgres()).await,
            },
        }
    }

    /// # Panics
    /// As [`Cluster::start`].
    pub fn with_own_cluster() -> Database {
        Database::OwnPostgres {
            cluster: Cluster::start(),
        }
    }

    pub fn dialect(&self) -> Dialect {
        match self {
            Database::Sqlite { .. } => Dialect::Sqlite,
            Database::Postgres { .. } | Database::OwnPostgres { .. } => Dialect::Postgres,
        }
    }

    /// Where the file of an SQLite database is.
    ///
    /// # Panics
    /// Where it is none.
    pub fn folder(&self) -> &Folder {
        match self {
            Database::Sqlite { folder } => folder,
            Database::Postgres { .. } | Database::OwnPostgres { .. } => panic!("this database is no file"),
        }
    }

    /// As the program takes it.
    pub fn url(&self) -> String {
        match self {
            Database::Sqlite { folder } => format!("sqlite:{}", file(folder).display()),
            Database::Postgres { url } => url.clone(),
            Database::OwnPostgres { cluster } => cluster.url().to_owned(),
        }
    }

    /// # Panics
    /// Where the database is not on a cluster of its own.
    pub fn cluster(&self) -> &Cluster {
        match self {
            Database::OwnPostgres { cluster } => cluster,
            Database::Sqlite { .. } | Database::Postgres { .. } => panic!("this database is not the test's alone"),
        }
    }

    /// Runs statements past the program.
    ///
    /// # Panics
    /// Where the database refuses them.
    pub async fn execute(&self, statements: &str) {
        self.try_to_execute(statements)
            .await
            .unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    /// The same, where the database may refuse.
    ///
    /// # Errors
    /// What it says.
    pub async fn try_to_execute(&self, statements: &str) -> Result<(), String> {
        match self {
            Database::Sqlite { folder } => {
                let connection = rusqlite::Connection::open(file(folder)).map_err(|error| error.to_string())?;
                connection.execute_batch(statements).map_err(|error| error.to_string())
            }
            Database::Postgres { .. } | Database::OwnPostgres { .. } => {
                let mut connection = connect(&self.url()).await;
                let done = sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await;
                // It is over; how the connection ends says nothing about it.
                let _ = connection.close().await;
                done.map(|_| ()).map_err(|error| error.to_string())
            }
        }
    }

    /// Keeps every commit waiting until it is dropped.
    ///
    /// # Panics
    /// Where the database does not let it.
    pub async fn hold(&self) -> Hold {
        match self {
            Database::Sqlite { folder } => {
                let connection = rusqlite::Connection::open(file(folder)).expect("the file can be opened");
                connection.busy_timeout(wait::DEADLINE).expect("a connection can wait");
                connection.execute_batch("begin immediate").expect("the file can be locked");
                Hold::Sqlite { connection }
            }
            Database::Postgres { .. } | Database::OwnPostgres { .. } => {
                let mut connection = connect(&self.url()).await;
                let statements = "begin; lock table trail in exclusive mode";
                sqlx::raw_sql(statements)
                    .execute(&mut connection)
                    .await
                    .expect("the table can be locked");
                Hold::Postgres { connection }
            }
        }
    }

    /// The one number that a query gives.
    ///
    /// # Panics
    /// Where the query gives something else.
    pub async fn number(&self, query: &str) -> i64 {
        match self {
            Database::Sqlite { folder } => {
                let connection = rusqlite::Connection::open(file(folder)).expect("the file can be opened");
                let number = connection.query_row(query, [], |row| row.get(0));
                number.unwrap_or_else(|error| panic!("{query}: {error}"))
            }
            Database::Postgres { .. } | Database::OwnPostgres { .. } => {
                let mut connection = connect(&self.url()).await;
                let number = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut connection).await;
                // It is over; how the connection ends says nothing about it.
                let _ = connection.close().await;
                number.unwrap_or_else(|error| panic!("{query}: {error}"))
            }
        }
    }

    /// An instance's id as a literal of its dialect.
    pub fn id(&self, hexadecimal: &str) -> String {
        match self.dialect() {
            Dialect::Sqlite => format!("x'{hexadecimal}'"),
            Dialect::Postgres => format!("'{hexadecimal}'::uuid"),
        }
    }
}

fn file(folder: &Folder) -> PathBuf {
    folder.file("store.db")
}

async fn create_in(cluster: &str) -> String {
    // Unlike any other of this run: tests run in processes of their own, several in one.
    let name = format!("test_{}_{}", std::process::id(), Folder::number());
    let mut connection = connect(cluster).await;
    let created = sqlx::raw_sql(AssertSqlSafe(format!("create database {name}")))
        .execute(&mut connection)
        .await;
    created.expect("a database can be created in the run's cluster");
    // It is over; how the connection ends says nothing about it.
    let _ = connection.close().await;
    let (server, _) = cluster
        .rsplit_once('/')
        .expect("a URL names a database behind its last slash");
    format!("{server}/{name}")
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("PostgreSQL answers")
}
