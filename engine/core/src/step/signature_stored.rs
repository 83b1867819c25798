//! Signatures as they stand in a stored snapshot.

use std::sync::Arc;

use super::members::Members;
use super::personal::Sealer;
use super::stored::{Read, Unreadable, moment, text_of};
use super::{Signatures, Signer};
use crate::chart::{Chart, Proof, StateIndex};
use crate::field::Fields;
use crate::value::canonical::write_canonical;
use crate::value::{Object, Value};

pub(super) fn write(signatures: &Signatures, chart: &Chart, sealer: &mut Sealer<'_>, out: &mut String) {
    let mut members = Members::open(out);
    if signatures.complete {
        members.name("complete").push_str("true");
    }
    if !signatures.over.is_null() {
        write_canonical(&signatures.over, members.name("over"));
    }
    if !signatures.payload.is_empty() {
        // what is not declared is taken for personal, where anything is: no form need be known for that
        sealer.write_record(&signatures.payload, &Fields::default(), members.name("payload"));
    }
    members.list("signers", &signatures.signers, |signer, out| {
        let mut fields = Members::open(out);
        fields.text("actor", &signer.actor);
        fields.moment("at", signer.at);
        fields.optional("on_behalf_of", signer.on_behalf_of.as_ref());
        fields.optional("role", signer.role.as_ref());
        fields.text("with", signer.with.as_str());
        fields.close();
    });
    members.text("state", &chart.state(signatures.state).path);
    members.close();
}

pub(super) fn read(state: StateIndex, value: &Value) -> Read<Signatures> {
    let signer = |value: &Value| {
        let with = text_of(value, "with")?;
        Ok(Signer {
            actor: text_of(value, "actor")?.into(),
            on_behalf_of: value.field("on_behalf_of").and_then(Value::as_text).map(Arc::from),
            role: value.field("role").and_then(Value::as_text).map(Arc::from),
            with: Proof::of(with).ok_or_else(|| Unreadable(format!("`{with}` is no proof")))?,
            at: moment(text_of(value, "at")?)?,
        })
    };
    let signers = value.field("signers").and_then(Value::as_list).unwrap_or(&[]);
    Ok(Signatures {
        state,
        payload: value
            .field("payload")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_else(Object::new),
        over: value.field("over").cloned().unwrap_or(Value::Null),
        signers: signers.iter().map(signer).collect::<Read<_>>()?,
        complete: value.field("complete").is_some(),
    })
}
