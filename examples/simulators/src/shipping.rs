//! A carrier: an order in, a shipment with a tracking number out.

use std::collections::BTreeMap;
use std::io;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use tokio::net::ToSocketAddrs;

use crate::behaviour::Behaviour;
use crate::ledger::Answer;
use crate::server::{Running, Service, Shared, problem};

const CARRIER: &str = "Plover Parcels";

/// An order number or a reference to an address; an address itself has no place here.
const TEXT_BYTES_MAX: usize = 100;

/// `POST /shipments` with `{order, address_ref}` answers 201 `{carrier, tracking, label_url, order}`; `GET /shipments/{tracking}`
/// says the same and the `address_ref`, and the `label_url` leads to a label.
pub struct Shipping {
    url: String,
    shipments: BTreeMap<String, Shipment>,
}

struct Shipment {
    order: String,
    address_ref: String,
}

impl Shipping {
    /// # Errors
    /// The address cannot be bound, or the behaviour cannot be meant.
    pub async fn start(address: impl ToSocketAddrs, behaviour: Behaviour) -> io::Result<Running> {
        Running::start(address, behaviour, |url| Shipping {
            url: url.to_owned(),
            shipments: BTreeMap::new(),
        })
        .await
    }

    fn describe(&self, tracking: &str, shipment: &Shipment) -> Map<String, Value> {
        let described = [
            ("carrier", CARRIER.to_owned()),
            ("tracking", tracking.to_owned()),
            ("label_url", format!("{}/labels/{tracking}", self.url)),
            ("order", shipment.order.clone()),
        ];
        described
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Value::String(value)))
            .collect()
    }
}

impl Service for Shipping {
    const ROUTE: &'static str = "/shipments";

    fn perform(&mut self, request: &Value) -> Result<Answer, String> {
        let shipment = Shipment {
            order: text(request, "order")?,
            address_ref: text(request, "address_ref")?,
        };
        let tracking = tracking(self.shipments.len() as u32 + 1);
        let body = Value::Object(self.describe(&tracking, &shipment));
        self.shipments.insert(tracking, shipment);
        Ok(Answer { status: 201, body })
    }

    fn routes() -> Router<Shared<Shipping>> {
        Router::new()
            .route("/shipments/{tracking}", get(show))
            .route("/labels/{tracking}", get(label))
    }
}

async fn show(State(shared): State<Shared<Shipping>>, Path(tracking): Path<String>) -> Response {
    let service = shared.service();
    let Some(shipment) = service.shipments.get(&tracking) else {
        return unknown(&tracking);
    };
    let mut body = service.describe(&tracking, shipment);
    body.insert("address_ref".to_owned(), json!(shipment.address_ref));
    Json(body).into_response()
}

async fn label(State(shared): State<Shared<Shipping>>, Path(tracking): Path<String>) -> Response {
    match shared.service().shipments.get(&tracking) {
        Some(shipment) => format!(
            "{CARRIER}\n{tracking}\nOrder {}\nTo {}\n",
            shipment.order, shipment.address_ref
        )
        .into_response(),
        None => unknown(&tracking),
    }
}

fn unknown(tracking: &str) -> Response {
    problem(StatusCode::NOT_FOUND, &format!("There is no shipment {tracking}"))
}

fn text(request: &Value, name: &str) -> Result<String, String> {
    match request.get(name).and_then(Value::as_str) {
        Some(text) if (1..=TEXT_BYTES_MAX).contains(&text.len()) => Ok(text.to_owned()),
        _ => Err(format!("`{name}` is needed: a text of 1 to {TEXT_BYTES_MAX} bytes")),
    }
}

/// A number with the check digit of the postal union's S10, so that a mistyped one is noticed.
fn tracking(number: u32) -> String {
    let digits = format!("{number:08}");
    let weighted: u32 = digits
        .bytes()
        .zip([8, 6, 4, 2, 3, 5, 9, 7])
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = match 11 - weighted % 11 {
        10 => 0,
        11 => 5,
        check => check,
    };
    format!("PP{digits}{check}XX")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracking_numbers_have_the_postal_check_digit() {
        // The example of the standard: 47312482 has the check digit 9.
        assert_eq!(tracking(47_312_482), "PP473124829XX");
        assert_eq!(tracking(1), "PP000000014XX");
    }
}
