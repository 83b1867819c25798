//! The conversation of an instance, on every store: who sees, counts and reads which message, and who knows who has.

use std::sync::Arc;

use statewright_core::step::{Actor, ActorKind};
use statewright_core::value::Value;
use statewright_engine::SendRequest;
use statewright_engine::error::EngineError;
use statewright_engine::queries::{Conversation, Message, MessagesAsked, ReadExtent, Unread};
use statewright_engine::store::{NoticePlace, Store};

use crate::support::{World, object, on_every_store, person, send_of};

const PRACTICE: &str = "
workflow: practice
title: \"{{ name }}\"
data: {name: string}
start: {by: [clerk], input: [name]}
access: [{for: [clerk]}, {for: [ecp], if: key == actor.organisation}]
initial: open
states: {open: {}}
";

/// A practice sees its own orders, but not everything of them.
const ORDER: &str = "
workflow: order
title: Order {{ key }}
data: {practice: {type: ref, workflow: practice}, cost: {type: integer, default: 7}}
start: {by: [clerk], input: [practice]}
access: [{for: [clerk, bench]}, {for: [ecp], if: practice == actor.organisation, show: [practice]}]
initial: open
on:
  ASK: {by: [clerk], input: {text: string}, actions: [{notify: {to: [{role: ecp, organisation: \"{{ practice }}\"}], text: \"{{ event.text }}\", thread: true}}]}
  ANSWER: {by: [ecp], input: {text: string}, actions: [{notify: {to: [clerk], text: \"{{ event.text }}\", thread: true}}]}
  CALL: {by: [clerk], input: {text: string}, actions: [{notify: {to: [{role: bench, unit: B1}], text: \"{{ event.text }}\", thread: true}}]}
  WHISPER: {by: [clerk], input: {text: string}, actions: [{notify: {to: [bench], text: \"{{ event.text }}\", thread: true}}]}
states:
  open: {after: {late: {in: 1h, actions: [{notify: {to: [clerk], text: It is late, thread: true}}]}}}
";

on_every_store! {
    everybody_sees_what_is_theirs_and_no_page_ends_at_what_is_not
    nobody_counts_or_reads_what_was_said_to_others
    who_wrote_a_message_knows_who_has_read_it
    what_was_said_is_read_by_conversation_and_by_inbox_alike
    a_long_conversation_is_told_from_its_end_page_by_page
}

fn ecp(id: &str, organisation: &str) -> Actor {
    let mut actor = person(id, &["ecp"]);
    actor.organisation = Some(organisation.into());
    actor
}

struct Lab(World);

impl Lab {
    async fn open(store: Arc<dyn Store>) -> Lab {
        let world = World::on(store, &[PRACTICE, ORDER], |_| {}).await;
        for name in ["north", "south"] {
            let named = Value::from_text(&format!("{name} optics"));
            world.start("practice", name, &[("name", named)]).await.unwrap();
            let order = format!("O-{name}");
            world
                .start("order", &order, &[("practice", Value::from_text(name))])
                .await
                .unwrap();
        }
        Lab(world)
    }

    async fn say(&self, by: &Actor, order: &str, event: &str, text: &str) {
        self.0.pass(1);
        let request = SendRequest {
            actor: by.clone(),
            payload: object(&[("text", Value::from_text(text))]),
            ..send_of("order", order, event)
        };
        let answer = self.0.send_as(request).await.unwrap();
        assert_eq!(answer.verdict.as_str(), "taken", "{answer:?}");
    }

    async fn of(&self, who: &Actor, asked: MessagesAsked, limit: usize) -> Conversation {
        let engine = self.0.engine();
        engine.conversation("order", "O-north", who, asked, limit).await.unwrap()
    }

    async fn newest(&self, who: &Actor) -> Conversation {
        self.of(who, MessagesAsked::NEWEST, 100).await
    }

    async fn unread(&self, who: &Actor) -> (usize, usize) {
        let inbox = self.0.engine().unread(who).await.unwrap();
        (self.newest(who).await.unread.count, inbox.count)
    }

    /// A question of the lab, a word among its own, the practice's answer.
    async fn talked(store: Arc<dyn Store>) -> (Lab, Actor, Actor) {
        let lab = Lab::open(store).await;
        let (ann, opt) = (person("ann", &["clerk"]), ecp("opt", "north"));
        lab.say(&ann, "O-north", "ASK", "which side?").await;
        lab.say(&ann, "O-north", "WHISPER", "mind this one").await;
        lab.say(&opt, "O-north", "ANSWER", "both").await;
        lab.say(&ann, "O-north", "WHISPER", "both, they say").await;
        (lab, ann, opt)
    }
}

fn texts(conversation: &Conversation) -> Vec<&str> {
    let messages = conversation.messages.iter();
    messages.map(|message| &*message.noticed.body.text).collect()
}

fn by(message: &Message) -> String {
    let by = message.noticed.body.by.as_ref().expect("it is known");
    format!("{:?} {}", by.kind, by.id)
}

async fn everybody_sees_what_is_theirs_and_no_page_ends_at_what_is_not(store: Arc<dyn Store>) {
    let (mut lab, ann, opt) = Lab::talked(store).await;
    lab.0.pass(3_600);
    lab.0.settle().await;
    let all = ["which side?", "mind this one", "both", "both, they say", "It is late"];
    let told = lab.newest(&ann).await;
    assert_eq!(texts(&told), all);
    let written: Vec<String> = told.messages.iter().map(by).collect();
    assert_eq!(
        written,
        ["Person ann", "Person ann", "Person opt", "Person ann", "Engine engine"]
    );
    assert_eq!(
        told.organisations.get("north").map(String::as_str),
        Some("north optics"),
        "as the order refers to it"
    );
    // who was told sees it, who wrote sees it, and colleagues see what was said to all of them
    for (who, expected) in [
        (&opt, &["which side?", "both"][..]),
        (&ecp("ola", "north"), &["which side?"]),
        (&person("ben", &["bench"]), &all),
    ] {
        assert_eq!(texts(&lab.newest(who).await), expected, "{}", who.id);
    }
    for (asked, expected) in [
        (MessagesAsked::After(None), ["which side?", "both"]),
        (MessagesAsked::NEWEST, ["both", "which side?"]),
    ] {
        let first = lab.of(&opt, asked, 1).await;
        assert_eq!(texts(&first), [expected[0]]);
        assert_eq!(first.next, Some(first.messages[0].noticed.place), "{asked:?}");
        let on = match asked {
            MessagesAsked::After(_) => MessagesAsked::After(first.next),
            MessagesAsked::Before(_) => MessagesAsked::Before(first.next),
        };
        let second = lab.of(&opt, on, 1).await;
        assert_eq!((texts(&second), second.next), (vec![expected[1]], None), "{asked:?}");
    }
    let other = ecp("sud", "south");
    let refused = lab
        .0
        .engine()
        .conversation("order", "O-north", &other, MessagesAsked::NEWEST, 9)
        .await;
    assert_eq!(refused.unwrap_err(), EngineError::Hidden);
    let standing = lab.0.engine().standing("order", "O-north", &other, 9).await;
    assert_eq!(standing.unwrap_err(), EngineError::Hidden);
}

async fn nobody_counts_or_reads_what_was_said_to_others(store: Arc<dyn Store>) {
    let (lab, ann, opt) = Lab::talked(store).await;
    let engine = lab.0.engine();
    let other = ecp("sud", "south");
    let inbox = engine.inbox(&other, None, 1).await.unwrap();
    assert_eq!(
        (inbox.notices.len(), inbox.next),
        (0, None),
        "no page ends at what is another's"
    );
    assert_eq!(engine.unread(&other).await.unwrap(), Unread::default());
    // found under the same name, and for others of it
    lab.say(&ann, "O-south", "CALL", "come over").await;
    let ben = person("ben", &["bench"]);
    let inbox = engine.inbox(&ben, None, 1).await.unwrap();
    assert_eq!(&*inbox.notices[0].body.text, "both, they say");
    let inbox = engine.inbox(&ben, inbox.next, 1).await.unwrap();
    assert_eq!((&*inbox.notices[0].body.text, inbox.next), ("mind this one", None));
    assert_eq!(lab.unread(&opt).await, (1, 1));
    let told = lab.newest(&ann).await;
    let places: Vec<NoticePlace> = told.messages.iter().map(|message| message.noticed.place).collect();
    for (who, hidden) in [(&other, &places[..]), (&opt, &[places[1], places[2], places[3]])] {
        for place in hidden {
            for extent in [
                ReadExtent::One(*place),
                ReadExtent::UpTo(*place),
                ReadExtent::InConversation(*place),
            ] {
                let marked = engine.mark_read(who, extent).await;
                assert_eq!(marked, Err(EngineError::Hidden), "{} {extent:?}", who.id);
            }
        }
    }
    assert!(lab.newest(&ann).await.messages.iter().all(|message| {
        let readers = message.readers.as_ref().expect("ann sees everything");
        readers.named.is_empty()
    }));
    // what an open page of the practice's waits for does not move with what the lab says among itself
    let before = engine.standing("order", "O-north", &opt, 9).await.unwrap();
    let messages = |conversation: Conversation| conversation.messages.len();
    lab.say(&ann, "O-north", "WHISPER", "quietly").await;
    assert_eq!(messages(lab.newest(&opt).await), 2);
    let after = engine.standing("order", "O-north", &opt, 9).await.unwrap();
    assert_eq!(after.sequence, before.sequence + 1, "the order itself has moved");
}

async fn who_wrote_a_message_knows_who_has_read_it(store: Arc<dyn Store>) {
    let (lab, ann, opt) = Lab::talked(store).await;
    let engine = lab.0.engine();
    let read_by = async |who: &Actor, number: usize| -> Option<Vec<String>> {
        let told = lab.newest(who).await;
        let readers = told.messages[number].readers.as_ref()?;
        Some(readers.named.iter().map(|(person, at)| format!("{person} {at}")).collect())
    };
    assert_eq!(read_by(&ann, 0).await, Some(vec![]));
    let place = lab.newest(&opt).await.messages[0].noticed.place;
    let standing = engine.standing("order", "O-north", &ann, 9).await.unwrap();
    lab.0.pass(60);
    let at = lab.0.now();
    engine.mark_read(&opt, ReadExtent::One(place)).await.unwrap();
    engine.mark_read(&ecp("ola", "north"), ReadExtent::UpTo(place)).await.unwrap();
    assert_eq!(read_by(&ann, 0).await, Some(vec![format!("ola {at}"), format!("opt {at}")]));
    let now = engine.standing("order", "O-north", &ann, 9).await.unwrap();
    assert_ne!(now, standing, "who watches for it is told");
    assert_eq!(read_by(&opt, 0).await, None, "what others wrote, and who of us has read it");
    assert_eq!(read_by(&opt, 1).await, Some(vec![]));
    let answer = lab.newest(&opt).await.messages[1].noticed.place;
    let cas = person("cas", &["clerk"]);
    engine.mark_read(&cas, ReadExtent::InConversation(answer)).await.unwrap();
    assert_eq!(read_by(&opt, 1).await, Some(vec![format!("cas {at}")]));
}

async fn what_was_said_is_read_by_conversation_and_by_inbox_alike(store: Arc<dyn Store>) {
    let (lab, ann, opt) = Lab::talked(store).await;
    let engine = lab.0.engine();
    assert_eq!(lab.unread(&opt).await, (1, 1), "the question; not their own answer");
    assert_eq!(lab.unread(&ann).await, (1, 1), "the answer; nothing that they wrote");
    lab.say(&ann, "O-north", "ASK", "sure?").await;
    let told = lab.newest(&opt).await;
    let first = told.messages[0].noticed.place;
    lab.say(&ann, "O-north", "ASK", "really?").await;
    assert_eq!(lab.unread(&opt).await, (3, 3));
    engine.mark_read(&opt, ReadExtent::One(first)).await.unwrap();
    assert_eq!(lab.unread(&opt).await, (2, 2));
    let sure = told.messages[2].noticed.place;
    for _ in 0..2 {
        engine.mark_read(&opt, ReadExtent::InConversation(sure)).await.unwrap();
        assert_eq!(lab.unread(&opt).await, (1, 1), "what came after it stays unread");
    }
    let newest = engine.inbox(&opt, None, 1).await.unwrap().notices[0].place;
    engine.mark_read(&opt, ReadExtent::UpTo(newest)).await.unwrap();
    assert_eq!(lab.unread(&opt).await, (0, 0));
    let engine_says = Actor::plain(ActorKind::Engine, "opt");
    assert_eq!(engine.unread(&engine_says).await.unwrap().count, 0, "no person is told");
}

async fn a_long_conversation_is_told_from_its_end_page_by_page(store: Arc<dyn Store>) {
    let lab = Lab::open(store).await;
    let ann = person("ann", &["clerk"]);
    let said: Vec<String> = (1..=7).map(|number| number.to_string()).collect();
    for text in &said {
        lab.say(&ann, "O-north", "ASK", text).await;
    }
    let opt = ecp("opt", "north");
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let page = lab.of(&opt, MessagesAsked::Before(before), 3).await;
        assert_eq!(page.unread.count, 7, "of the whole, whatever is on the page");
        let mut texts: Vec<String> = texts(&page).into_iter().map(str::to_owned).collect();
        texts.append(&mut found);
        found = texts;
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(found, said);
}
