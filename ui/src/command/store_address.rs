//! `sqlite:FILE`, `postgres://…`, `memory:`: where instances are kept.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use statewright_core::diagnostic::Code;

use crate::failure::Failure;

/// Where instances are kept if nothing else is said: a file in the folder in which the command runs.
pub const STORE_FILE_DEFAULT: &str = "statewright.db";

#[derive(Clone, PartialEq, Eq)]
pub enum StoreAddress {
    /// Nothing survives the process.
    Memory,
    Sqlite(PathBuf),
    /// The whole URL, which may hold a password.
    Postgres(String),
}

impl Default for StoreAddress {
    fn default() -> Self {
        StoreAddress::Sqlite(PathBuf::from(STORE_FILE_DEFAULT))
    }
}

impl StoreAddress {
    /// As the engine opens it, password and all.
    pub fn url(&self) -> String {
        match self {
            StoreAddress::Memory => "memory:".to_owned(),
            StoreAddress::Sqlite(file) => format!("sqlite:{}", file.display()),
            StoreAddress::Postgres(url) => url.clone(),
        }
    }
}

impl FromStr for StoreAddress {
    type Err = Failure;

    fn from_str(given: &str) -> Result<Self, Failure> {
        match given.split_once(':') {
            Some(("memory", "")) => Ok(StoreAddress::Memory),
            Some(("sqlite", file)) if !file.is_empty() => Ok(StoreAddress::Sqlite(PathBuf::from(file))),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => Ok(StoreAddress::Postgres(given.to_owned())),
            // What was given may hold a password in a place nobody expects; only its beginning is repeated.
            Some((scheme, _)) => Err(not_an_address(&format!("{scheme}:…"))),
            None => Err(not_an_address(given)),
        }
    }
}

fn not_an_address(shown: &str) -> Failure {
    Failure::misused(Code::StoreAddress, format!("`{shown}` is not the address of a store"))
        .hint("Write `sqlite:FILE`, `postgres://USER@HOST/DATABASE` or `memory:`")
}

/// Without a password, so that it may stand in messages and logs.
impl fmt::Display for StoreAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreAddress::Memory => formatter.write_str("memory:"),
            StoreAddress::Sqlite(file) => write!(formatter, "sqlite:{}", file.display()),
            StoreAddress::Postgres(url) => formatter.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for StoreAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The password before the `@`, and everything in the query, which may name one as well.
fn without_password(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("//") else {
        return String::from("postgres:");
    };
    match rest.rsplit_once('@') {
        Some((credentials, place)) => {
            let user = credentials.split(':').next().unwrap_or_default();
            format!("{scheme}//{user}@{place}")
        }
        None => format!("{scheme}//{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &str, shown: &str) {
        let address = StoreAddress::from_str(given);
        let found = address.map_or_else(|failure| failure.sentence.clone(), |address| address.to_string());
        assert_eq!(found, shown, "{given}");
    }

    #[test]
    fn each_kind_is_told_by_its_scheme() {
        check("memory:", "memory:");
        check("sqlite:orders.db", "sqlite:orders.db");
        check("sqlite:C:/data/orders.db", "sqlite:C:/data/orders.db");
        check("postgres://localhost/orders", "postgres://localhost/orders");
        check("orders.db", "`orders.db` is not the address of a store");
        check("sqlite:", "`sqlite:…` is not the address of a store");
        check("mysql://root:geheim@db/orders", "`mysql:…` is not the address of a store");
    }

    #[test]
    fn a_password_is_never_shown() {
        check("postgres://ann:geheim@db/orders", "postgres://ann@db/orders");
        check("postgresql://ann:p@ss@db:5433/orders", "postgresql://ann@db:5433/orders");
        check("postgres://db/orders?password=geheim", "postgres://db/orders");
    }
}
