//! What adapters are given and what they say, taken as their contracts have it, and marks as they are declared. (Reference, section 12.)
//!
//! The trail keeps what was said; what the workflow hears of it is made of that and of the chart, so that replay hears the same.

use std::borrow::Cow;

use super::AdapterFailure;
use crate::chart::{ActionContract, Call, Chart};
use crate::field::FieldProblem;
use crate::value::{Object, Value};

/// An adapter's answer, or its failure.
pub(super) type Answer = Result<Value, AdapterFailure>;

/// What is agreed on a call, if anything.
pub(super) fn contract_of<'c>(chart: &'c Chart, call: &Call) -> Option<&'c ActionContract> {
    chart.contract(&call.adapter, &call.action)
}

/// An answer as the workflow hears it. One that is not as agreed has failed.
pub(super) fn heard<'a>(contract: Option<&ActionContract>, answer: &'a Answer) -> Cow<'a, Answer> {
    let Some(contract) = contract else {
        return Cow::Borrowed(answer);
    };
    let taken = match answer {
        Ok(value) => contract.result(value).map_err(|problems| AdapterFailure {
            why: "contract".into(),
            message: format!("the answer is not as agreed: {}", sentences(&problems)).into(),
            detail: Value::Null,
        }),
        Err(failure) => Err(failure.clone()),
    };
    Cow::Owned(taken.map_err(|failure| named(contract, &failure)))
}

/// A refusal under the name that the contract has for it, with every field of its detail.
fn named(contract: &ActionContract, failure: &AdapterFailure) -> AdapterFailure {
    if contract.errors.is_empty() {
        return failure.clone();
    }
    let name = contract.error_named(&failure.detail).filter(|_| &*failure.why == "refused");
    AdapterFailure {
        why: name.unwrap_or(&failure.why).clone(),
        message: failure.message.clone(),
        detail: contract.detail_of(&failure.detail),
    }
}

/// What an adapter is to be given, as agreed.
///
/// # Errors
/// A sentence: it does not fit, and the adapter is not asked.
pub(super) fn given(contract: Option<&ActionContract>, input: Object) -> Result<Value, String> {
    let input = Value::from_fields(input);
    match contract {
        None => Ok(input),
        Some(contract) => contract
            .input
            .accept(&input)
            .map(Value::from_fields)
            .map_err(|problems| format!("the input is not as agreed: {}", sentences(&problems))),
    }
}

/// What a mark is to say, as it is declared.
///
/// # Errors
/// A sentence: it does not fit, and is not written.
pub(super) fn marked(chart: &Chart, name: &str, values: Value) -> Result<Value, String> {
    match chart.marks.as_ref().and_then(|marks| marks.get(name)) {
        None => Ok(values),
        Some(fields) => fields
            .accept(&values)
            .map(Value::from_fields)
            .map_err(|problems| format!("the mark `{name}` is not as declared: {}", sentences(&problems))),
    }
}

/// `rx is required; frame.a must be a number`.
pub(super) fn sentences(problems: &[FieldProblem]) -> String {
    let sentences: Vec<String> = problems.iter().map(FieldProblem::to_string).collect();
    sentences.join("; ")
}
