//! Who sees an order, and who may change it.

use statewright_core::step::{Visibility, visibility};

use super::life::{Life, UNUSUAL, actor};
use super::*;

#[test]
fn no_practice_touches_the_order_of_another() {
    let chart = lens_order();
    let nothing = "there is no such instance, or it is not yours to see";
    for event in ["CONFIRM", "CORRECT", "CANCEL"] {
        let mut order = Life::started(&chart, UNUSUAL);
        assert_eq!(order.send("sven:ecp@south", event, "{}"), nothing, "{event}");
        assert_eq!(order.send("otto:ecp", event, "{}"), nothing, "{event}");
        assert_eq!(order.send("nora:ecp@north", event, "{}"), "taken", "{event}");
    }
}

#[test]
fn auditors_see_everything_of_an_order_but_whose_it_is() {
    let chart = lens_order();
    let order = Life::started(&chart, UNUSUAL);
    let seen_by = |who: &str| {
        let now: Timestamp = "2026-03-26T09:00:00Z".parse().expect("a moment");
        visibility(&chart, &order.outcome.next, &actor(who), &facts("Approved"), now).expect("nothing is looked up for it")
    };
    let Visibility::Shown { fields: Some(fields) } = seen_by("aude:auditor") else {
        panic!("an auditor sees an order, and not the whole of it")
    };
    let hidden = chart.data.list.iter().filter(|field| !fields.contains(&field.name));
    assert_eq!(
        hidden.map(|field| (&*field.name, field.phi)).collect::<Vec<_>>(),
        [("patient", true)]
    );
    assert_eq!(seen_by("nora:ecp@north"), Visibility::Shown { fields: None });
    assert_eq!(seen_by("sven:ecp@south"), Visibility::Hidden);
}
