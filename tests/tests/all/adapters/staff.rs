//! The people of a lab and of a practice, each with a token of their own.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use statewright_tests::client::{Client, Reply};
use statewright_tests::site::Site;

/// User and role; the optician belongs to the practice `north`.
const PEOPLE: &[(&str, &str)] = &[
    ("opal", "ecp@north"),
    ("carl", "customer_service"),
    ("mara", "lab_manager"),
    ("sten", "stock_room"),
    ("sula", "surfacing"),
    ("coby", "coating"),
    ("finn", "finishing"),
    ("inge", "inspector"),
    ("aude", "auditor"),
];

pub struct Staff {
    url: String,
    people: BTreeMap<&'static str, Client>,
}

impl Staff {
    pub async fn hire(site: &Site, url: &str) -> Staff {
        let client = Client::new();
        let mut people = BTreeMap::new();
        for (user, role) in PEOPLE {
            people.insert(*user, site.person(&client, &format!("{user}:{role}")).await);
        }
        Staff {
            url: url.to_owned(),
            people,
        }
    }

    pub fn person(&self, user: &str) -> &Client {
        self.people.get(user).unwrap_or_else(|| panic!("{user} works somewhere else"))
    }

    pub async fn start(&self, user: &str, workflow: &str, with: Value) -> Reply {
        let url = format!("{}/v1/instances/{workflow}", self.url);
        self.person(user)
            .post(&url, None, &json!({"with": with}))
            .await
            .expect("the server answers")
    }

    /// One attempt at an event, whatever becomes of it.
    pub async fn try_to(&self, user: &str, instance: &str, event: &str, with: Value) -> Reply {
        let url = format!("{}/v1/instances/{instance}/events", self.url);
        let body = json!({"event": event, "with": with, "reason": "as agreed on the telephone"});
        self.person(user).post(&url, None, &body).await.expect("the server answers")
    }

    /// An event that is taken.
    ///
    /// # Panics
    /// With the answer, if it is not.
    pub async fn send(&self, user: &str, instance: &str, event: &str, with: Value) -> Vec<String> {
        let reply = self.try_to(user, instance, event, with).await;
        assert_eq!(reply.status, 200, "{event} by {user}: {}", reply.body);
        texts(&reply.json()["states"])
    }

    pub async fn show(&self, user: &str, instance: &str) -> Value {
        let url = format!("{}/v1/instances/{instance}", self.url);
        self.person(user).read(&url).await.expect("the server answers")
    }
}

pub fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}
