//! Whether the same is written at two places.

use crate::yaml::{Kind, Node};

/// Whether two nodes mean the same, wherever they stand and however they are quoted.
pub(super) fn is_same(first: &Node, second: &Node) -> bool {
    match (&first.kind, &second.kind) {
        (Kind::Scalar(first), Kind::Scalar(second)) => first.text == second.text,
        (Kind::Sequence(first), Kind::Sequence(second)) => {
            first.len() == second.len() && first.iter().zip(second.iter()).all(|(first, second)| is_same(first, second))
        }
        (Kind::Mapping(first), Kind::Mapping(second)) => {
            let has = |name: &str, node: &Node| second.get(name).is_some_and(|other| is_same(node, other));
            first.len() == second.len() && first.iter().all(|entry| has(entry.name(), &entry.value))
        }
        (Kind::Empty, Kind::Empty) => true,
        // What could not be read has been told; nothing is said of it again.
        (Kind::Broken, _) | (_, Kind::Broken) => true,
        _ => false,
    }
}
