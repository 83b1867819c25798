//! Personal data: commitments in what is stored and hashed, values and secret apart.

use std::sync::Arc;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::chart::Chart;
use crate::field::{Field, Fields};
use crate::identity::Digest;
use crate::value::canonical::{PERSONAL_TAG, to_canonical, write_canonical, write_canonical_text};
use crate::value::{Object, Value};

pub(super) fn keyed_digest(key: &[u8; 32], message: &[u8]) -> Digest {
    let mut code = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    code.update(message);
    Digest(code.finalize().into_bytes().into())
}

/// What stands for a personal value: nobody without the secret can find the value from it.
pub(super) fn commitment(secret: &[u8; 32], value: &Value) -> Digest {
    keyed_digest(secret, to_canonical(value).as_bytes())
}

/// What stands for a personal value that is stored as this canonical text.
pub fn commitment_of(secret: &[u8; 32], canonical: &str) -> Digest {
    keyed_digest(secret, canonical.as_bytes())
}

/// Whether any field that an instance of this chart may be given is personal: then each of its instances has a secret until it is
/// erased.
pub fn holds_personal_data(chart: &Chart) -> bool {
    let forms = chart
        .transitions
        .iter()
        .filter_map(|transition| transition.admission.as_deref())
        .map(|admission| &admission.form);
    let mut tables = chart.tables.by_name.values().filter_map(|table| table.as_decision());
    chart.data.any_is_personal()
        || tables.any(|table| table.inputs.any_is_personal())
        || std::iter::once(&chart.start.form)
            .chain(forms)
            .any(|form| form.fields.any_is_personal())
}

/// Writes values with the personal ones sealed, and keeps what was sealed.
pub(super) struct Sealer<'a> {
    secret: Option<&'a [u8; 32]>,
    pub sealed: Vec<(Digest, String)>,
}

impl<'a> Sealer<'a> {
    pub fn new(secret: Option<&'a [u8; 32]>) -> Self {
        Sealer {
            secret,
            sealed: Vec::new(),
        }
    }

    /// Whether there is a secret to seal with.
    pub fn is_open(&self) -> bool {
        self.secret.is_some()
    }

    /// One value; sealed if it is personal. Null says nothing about anybody and stays.
    pub fn write(&mut self, value: &Value, personal: bool, out: &mut String) {
        match self.secret {
            Some(secret) if personal && !value.is_null() => {
                let canonical = to_canonical(value);
                let reference = keyed_digest(secret, canonical.as_bytes());
                out.push_str("{\"");
                out.push_str(PERSONAL_TAG);
                out.push_str("\":\"");
                reference.write(out);
                out.push_str("\"}");
                if !self.sealed.iter().any(|(known, _)| *known == reference) {
                    self.sealed.push((reference, canonical));
                }
            }
            // without a secret (it was erased, or the chart has no personal fields) a personal value must not be written
            None if personal && !value.is_null() => out.push_str("null"),
            _ => write_canonical(value, out),
        }
    }

    /// A record whose declared fields say what is personal. What was not declared may be anything: where there is personal data
    /// at all, it is taken for that.
    pub fn write_record(&mut self, record: &Object, fields: &Fields, out: &mut String) {
        out.push('{');
        for (position, (name, value)) in record.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            write_canonical_text(name, out);
            out.push(':');
            let personal = fields.get(name).map_or(self.secret.is_some(), Field::is_personal);
            self.write(value, personal, out);
        }
        out.push('}');
    }
}

/// Finds sealed values again.
pub(super) fn opened(reference: &str, personal: &[(Digest, String)]) -> Value {
    let found = reference
        .parse::<Digest>()
        .ok()
        .and_then(|digest| personal.iter().find(|(known, _)| *known == digest));
    found
        .and_then(|(_, text)| crate::value::canonical::read_canonical(text).ok())
        .unwrap_or(Value::Null)
}

/// The secret among an instance's personal rows (reference and canonical value).
pub fn secret_of(personal: &[(Digest, String)]) -> Option<[u8; 32]> {
    let (_, text) = personal.iter().find(|(reference, _)| *reference == Digest::ZERO)?;
    let digest: Digest = text.trim_matches('"').parse().ok()?;
    Some(digest.0)
}

/// The row under which the secret stands.
pub(super) fn secret_row(secret: &[u8; 32]) -> (Digest, String) {
    (
        Digest::ZERO,
        to_canonical(&Value::Text(Arc::from(Digest(*secret).to_string()))),
    )
}
