//! Beginning to use a second factor, and giving it up.

use axum::http::{Method, StatusCode};
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Serialize;
use statewright_engine::error::EngineError;
use statewright_engine::identity::{Enrolment, Standing};

use super::account::said;
use super::answer::{Answer, View, see_other};
use super::asked::Asked;
use super::route::{Access, Page};
use super::sign_in::{onward, secret, wanted};
use crate::http::Answered;
use crate::percent::query;

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/account/second-factor",
        operation: "pageSecondFactor",
        access: Access::SignedIn,
        handler: |asked| Box::pin(async move { show(&asked, "").await }),
    },
    Page {
        method: Method::POST,
        path: "/account/second-factor",
        operation: "pageBeginSecondFactor",
        access: Access::SignedIn,
        handler: |asked| Box::pin(begin(asked)),
    },
    Page {
        method: Method::POST,
        path: "/account/second-factor/confirm",
        operation: "pageConfirmSecondFactor",
        access: Access::SignedIn,
        handler: |asked| Box::pin(confirm(asked)),
    },
    Page {
        method: Method::POST,
        path: "/account/second-factor/remove",
        operation: "pageRemoveSecondFactor",
        access: Access::Person,
        handler: |asked| Box::pin(remove(asked)),
    },
];

#[derive(Serialize)]
struct Model {
    to: String,
    /// A role asks for it: nothing else is done before.
    must: bool,
    enrolled: bool,
    /// The password has to be given again.
    password: bool,
    begun: Option<Begun>,
    problem: String,
}

#[derive(Serialize)]
struct Begun {
    /// In groups, as it is typed.
    typed: String,
    address: String,
    /// The same as a QR code: a path of squares of one unit.
    picture: String,
    /// How many units it is wide, with the margin that cameras need.
    size: i32,
}

/// Units around a QR code.
const MARGIN: i32 = 4;

impl Begun {
    fn of(enrolment: &Enrolment) -> Self {
        let letters: Vec<char> = enrolment.typed.reveal().chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        let (picture, size) = picture(enrolment.address.reveal());
        Begun {
            typed: groups.join(" "),
            address: enrolment.address.reveal().to_owned(),
            picture,
            size,
        }
    }
}

/// Empty where it is too long for one: then it is typed.
fn picture(text: &str) -> (String, i32) {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else {
        return (String::new(), MARGIN);
    };
    let mut path = String::new();
    for y in 0..code.size() {
        for x in 0..code.size() {
            if code.get_module(x, y) {
                path.push_str(&format!("M{} {}h1v1h-1z", x + MARGIN, y + MARGIN));
            }
        }
    }
    (path, code.size() + 2 * MARGIN)
}

async fn show(asked: &Asked, problem: &str) -> Answered<Answer> {
    let session = asked.session()?;
    if matches!(session.standing, Standing::GiveCode | Standing::ChangePassword) {
        return Ok(onward(session.standing, &wanted(asked)));
    }
    let identity = asked.engine().identity();
    let begun = identity.enrolment_begun(session).await?;
    let model = Model {
        to: wanted(asked),
        must: session.standing == Standing::Enrol,
        enrolled: session.second_factor,
        password: identity.needs_password(session, asked.now()).await?,
        begun: begun.as_ref().map(Begun::of),
        problem: problem.to_owned(),
    };
    let status = if problem.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(View::new("second-factor.html", "Second factor", model).status(status).into())
}

async fn begin(asked: Asked) -> Answered<Answer> {
    let password = secret(&asked, "password");
    let password = (!password.reveal().is_empty()).then_some(&password);
    let identity = asked.engine().identity();
    match identity.begin_enrolment(asked.session()?, password, asked.now()).await {
        Ok(_) => Ok(see_other(query("/account/second-factor", &[("to", &wanted(&asked))]))),
        Err(EngineError::NotProved) => show(&asked, "The password was not right, or it was tried too often.").await,
        Err(EngineError::IdentityRefused(refusals)) => show(&asked, &said("Not begun:", &refusals)).await,
        Err(other) => Err(other.into()),
    }
}

async fn confirm(asked: Asked) -> Answered<Answer> {
    let identity = asked.engine().identity();
    match identity
        .confirm_enrolment(asked.session()?, &secret(&asked, "code"), asked.now())
        .await
    {
        Ok(()) => Ok(see_other(wanted(&asked))),
        Err(EngineError::NotProved) => show(&asked, "That was not right, or it was tried too often.").await,
        Err(EngineError::IdentityRefused(refusals)) => show(&asked, &said("The code", &refusals)).await,
        Err(other) => Err(other.into()),
    }
}

async fn remove(asked: Asked) -> Answered<Answer> {
    let (password, code) = (secret(&asked, "password"), secret(&asked, "code"));
    let identity = asked.engine().identity();
    match identity
        .remove_own_second_factor(asked.session()?, &password, &code, asked.now())
        .await
    {
        Ok(()) => Ok(see_other("/account")),
        Err(EngineError::NotProved) => show(&asked, "The password or the code was not right, or it was tried too often.").await,
        Err(EngineError::IdentityRefused(refusals)) => show(&asked, &said("Not given up:", &refusals)).await,
        Err(other) => Err(other.into()),
    }
}
