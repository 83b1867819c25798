//! The workflows that the demonstration plays, in the program itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::lang::Bundle;

/// A workflow's own file, and the files that it may name beside it.
struct Shipped {
    main: &'static str,
    files: &'static [(&'static str, &'static str)],
}

macro_rules! file {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../workflows/lab/", $path)))
    };
}

/// In the order in which they are deployed: an order refers to practices.
const SHIPPED: &[Shipped] = &[
    Shipped {
        main: "practice.yaml",
        files: &[file!("practice.yaml")],
    },
    Shipped {
        main: "lens-order.yaml",
        files: &[
            file!("lens-order.yaml"),
            file!("marks.yaml"),
            file!("adapters/lens_design.yaml"),
            file!("adapters/carrier.yaml"),
            file!("schemas/rx.yaml"),
            file!("schemas/frame.yaml"),
            file!("schemas/inspection.yaml"),
            file!("schemas/measured.yaml"),
        ],
    },
];

/// The workflows of the demonstration, as they are deployed.
pub fn bundles() -> Vec<Bundle> {
    let bundle = |shipped: &Shipped| {
        let files: BTreeMap<Arc<str>, Arc<str>> = shipped
            .files
            .iter()
            .map(|(path, text)| ((*path).into(), (*text).into()))
            .collect();
        Bundle {
            main: shipped.main.into(),
            files,
        }
    };
    SHIPPED.iter().map(bundle).collect()
}

/// The file of roles of both houses.
pub fn roles() -> Bundle {
    let text = include_str!("../../../workflows/roles.yaml");
    Bundle {
        main: "roles.yaml".into(),
        files: BTreeMap::from([("roles.yaml".into(), text.into())]),
    }
}

#[cfg(test)]
mod tests {
    use statewright_core::diagnostic::{Sources, concise};

    use super::*;

    #[test]
    fn every_workflow_compiles_without_a_word() {
        for bundle in bundles() {
            let mut sources = Sources::new();
            let compiled = crate::definition::examine_bundle(&mut sources, &bundle);
            assert_eq!(concise(&sources, &compiled.diagnostics), "", "{}", bundle.main);
            assert!(compiled.chart.is_some(), "{}", bundle.main);
        }
    }
}
