//! A definition's files, and the digest that instances pin. (Reference, section 1, rule 6.)
//!
//! The bundle's canonical form is one JSON object in the canonical form of values, without white space:
//! `{"files":{"lens-order.yaml":"…","schemas/rx.yaml":"…"},"format":1,"main":"lens-order.yaml"}`. Paths are relative to the folder of
//! the main file; texts are as they stand in the files. The definition's digest is the SHA-256 of these bytes, so whoever has the
//! bytes can check the digest, and compiling the bundle again gives the same chart.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Resolver;
use super::path::relative;
use crate::identity::Digest;
use crate::value::{Object, Value, canonical};

/// Of the canonical form; a new one would be a new kind of digest.
const FORMAT: i64 = 1;

/// The workflow's file and every file it pins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The path of the workflow's own file: its name without folders.
    pub main: Arc<str>,
    /// Path to text.
    pub files: BTreeMap<Arc<str>, Arc<str>>,
}

/// Bytes that are no bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored definition: {0}")]
pub struct UnreadableBundle(pub String);

impl Bundle {
    /// `main` and `pinned` as their paths were resolved.
    pub(super) fn new(main: &str, text: &str, pinned: &BTreeMap<Arc<str>, Arc<str>>) -> Self {
        let own = relative(main, main);
        let mut files: BTreeMap<Arc<str>, Arc<str>> = pinned
            .iter()
            .map(|(path, text)| (relative(main, path).into(), text.clone()))
            .collect();
        let own: Arc<str> = own.into();
        files.insert(own.clone(), text.into());
        Bundle { main: own, files }
    }

    /// The canonical form, as it is stored.
    pub fn canonical(&self) -> String {
        let files = self
            .files
            .iter()
            .map(|(path, text)| (path.clone(), Value::Text(text.clone())))
            .collect();
        canonical::to_canonical(&Value::from_fields(Object::from([
            ("files".into(), Value::from_fields(files)),
            ("format".into(), Value::Integer(FORMAT)),
            ("main".into(), Value::Text(self.main.clone())),
        ])))
    }

    /// What instances pin.
    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical().as_bytes())
    }

    /// Reads the canonical form.
    ///
    /// # Errors
    /// When it is not one, or of another format.
    pub fn read(text: &str) -> Result<Self, UnreadableBundle> {
        let value = canonical::read_canonical(text).map_err(|error| UnreadableBundle(error.to_string()))?;
        let wanting = |what: &str| UnreadableBundle(format!("`{what}` is missing or of another type"));
        if value.field("format").and_then(Value::as_integer) != Some(FORMAT) {
            return Err(wanting("format"));
        }
        let main = value.field("main").and_then(Value::as_text).ok_or_else(|| wanting("main"))?;
        let files = value
            .field("files")
            .and_then(Value::as_object)
            .ok_or_else(|| wanting("files"))?;
        let files: Option<BTreeMap<Arc<str>, Arc<str>>> = files
            .iter()
            .map(|(path, text)| text.as_text().map(|text| (path.clone(), text.into())))
            .collect();
        let files = files.ok_or_else(|| wanting("files"))?;
        if !files.contains_key(main) {
            return Err(wanting("main"));
        }
        Ok(Bundle {
            main: main.into(),
            files,
        })
    }
}

impl Resolver for Bundle {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        self.files.get(path).cloned()
    }

    fn is_definition(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_read_back_from_its_bytes_and_says_where_it_was_not() {
        let pinned = BTreeMap::from([
            ("lab/schemas/rx.yaml".into(), "a: b\n".into()),
            ("shared/x.yaml".into(), "".into()),
        ]);
        let bundle = Bundle::new("lab/order.yaml", "workflow: order\n", &pinned);
        let text = bundle.canonical();
        let expected = concat!(
            r#"{"files":{"../shared/x.yaml":"","order.yaml":"workflow: order\n","schemas/rx.yaml":"a: b\n"},"#,
            r#""format":1,"main":"order.yaml"}"#
        );
        assert_eq!(text, expected);
        assert_eq!(Bundle::read(&text), Ok(bundle.clone()));
        assert_eq!(bundle.digest(), Digest::of(text.as_bytes()));
        assert!(Bundle::read(&text.replace("\"main\":\"order.yaml\"", "\"main\":\"other.yaml\"")).is_err());
        assert!(Bundle::read(&text.replace("\"format\":1", "\"format\":2")).is_err());
    }
}
