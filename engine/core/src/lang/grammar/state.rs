//! States, transitions, timers and invokes. (Reference, sections 3 to 3.2 and 3.5.)

use super::action::{ACTIONS, RETRY, VALUES};
use super::data::FORM;
use super::people::{PARTIES, SIGNATURE};
use super::task::{ONE_OR_MORE_STATES, TASK};
use super::{Construct, Empty, Forms, Key, Name, Shape, key};

/// Beyond any reminder that anybody still reads.
const TIMES: Shape = Shape::Integer(1, 100_000);

static STATE: Construct = Construct {
    noun: "a state",
    keys: &[],
    shared: &[STATE_KEYS],
};

pub(super) static STATE_KEYS: &[Key] = &[
    key(
        "type",
        Shape::Word(&["parallel", "final", "history"]),
        "the kind of state; compound if it has `states`, else atomic",
    ),
    key("initial", INITIAL, "where a compound state begins"),
    key(
        "states",
        Shape::Names(Name::Snake, &Shape::Map(&STATE), Empty::Allowed),
        "its children",
    ),
    key(
        "history",
        Shape::Word(&["shallow", "deep"]),
        "how much a history state restores",
    ),
    key("target", ONE_OR_MORE_STATES, "of a history state: where to go the first time"),
    key("label", Shape::Text, "the customer-facing name; the parent's if none"),
    key("title", Shape::Text, "for pages and searches"),
    key("description", Shape::Literal, "for the reader"),
    key(
        "tags",
        Shape::List(&Shape::Name(Name::Snake)),
        "words that guards and searches ask for",
    ),
    key("entry", ACTIONS, "done on entering, outermost first"),
    key("exit", ACTIONS, "done on leaving, innermost first"),
    key(
        "on",
        Shape::Names(Name::EventPattern, &TRANSITIONS, Empty::Refused),
        "what it answers to",
    ),
    key(
        "always",
        Shape::Either(&AUTOMATIC_FORMS),
        "taken without an event as soon as the guard holds",
    ),
    key("after", Shape::Names(Name::Timer, &TIMER, Empty::Refused), "timers"),
    key("task", TASK, "a person's work while the state is active"),
    key(
        "invoke",
        INVOKES,
        "an adapter's or another workflow's work while the state is active",
    ),
    key(
        "unique",
        Shape::Names(Name::Snake, &Shape::Text, Empty::Refused),
        "values only one active instance may hold",
    ),
    key(
        "pauses",
        Shape::List(&Shape::Name(Name::Pausable)),
        "what waits while this state is active",
    ),
    key(
        "onDone",
        Shape::Either(&ONE_AUTOMATIC),
        "when its final state (or all its regions) is reached",
    ),
    key("output", Shape::Value, "of a final state: the result"),
];

pub(super) const LETS: Shape = Shape::Names(Name::Snake, &Shape::Expression, Empty::Refused);

const INITIAL: Shape = Shape::Either(&Forms {
    noun: "the name of a state, a list of these, or a transition",
    scalar: Some(Shape::Name(Name::State)),
    list: Some(Shape::List(&Shape::Name(Name::State))),
    mapping: Some(Shape::Map(&INITIAL_TRANSITION)),
});

static INITIAL_TRANSITION: Construct = Construct {
    noun: "an initial transition",
    shared: &[],
    keys: &[
        key("target", ONE_OR_MORE_STATES, "where to").required(),
        key("actions", ACTIONS, "done before the target is entered"),
    ],
};

/// Transitions of one event: the name of the target, one transition, or several of which the first enabled one wins.
const TRANSITIONS: Shape = Shape::Either(&Forms {
    noun: "the name of a state, a transition, or a list of transitions",
    scalar: Some(Shape::Name(Name::State)),
    list: Some(Shape::List(&ONE_TRANSITION)),
    mapping: Some(Shape::Map(&TRANSITION)),
});

const ONE_TRANSITION: Shape = Shape::Either(&Forms {
    noun: "the name of a state, or a transition",
    scalar: Some(Shape::Name(Name::State)),
    list: None,
    mapping: Some(Shape::Map(&TRANSITION)),
});

/// Transitions that no one sends: `always`.
static AUTOMATIC_FORMS: Forms = Forms {
    noun: "the name of a state, a transition, or a list of transitions",
    scalar: Some(Shape::Name(Name::State)),
    list: Some(Shape::List(&Shape::Either(&ONE_AUTOMATIC))),
    mapping: Some(Shape::Map(&AUTOMATIC)),
};

static ONE_AUTOMATIC: Forms = Forms {
    noun: "the name of a state, or a transition",
    scalar: Some(Shape::Name(Name::State)),
    list: None,
    mapping: Some(Shape::Map(&AUTOMATIC)),
};

static TRANSITION: Construct = Construct {
    noun: "a transition",
    keys: ADMISSION_KEYS,
    shared: &[MOVE_KEYS],
};

static AUTOMATIC: Construct = Construct {
    noun: "a transition that no one sends",
    keys: &[],
    shared: &[MOVE_KEYS],
};

static TIMER_KEYS: Construct = Construct {
    noun: "a timer",
    shared: &[MOVE_KEYS],
    keys: &[
        key("in", Shape::Duration, "so long after entering"),
        key("at", Shape::Expression, "a moment or date; it follows its data"),
        key("every", Shape::Duration, "again and again"),
        key("times", TIMES, "how often at most"),
    ],
};

/// A timer; under a duration as key also the name of a target.
const TIMER: Shape = Shape::Either(&Forms {
    noun: "a timer; after a duration also the name of a state",
    scalar: Some(Shape::Name(Name::State)),
    list: None,
    mapping: Some(Shape::Map(&TIMER_KEYS)),
});

/// What every transition does.
static MOVE_KEYS: &[Key] = &[
    key("target", ONE_OR_MORE_STATES, "where to; without it the state stays"),
    key("guard", GUARDS, "what must hold"),
    key("actions", ACTIONS, "done between leaving and entering"),
    key(
        "choose",
        Shape::List(&Shape::Map(&BRANCH)),
        "branches: the first whose guard holds",
    ),
    key(
        "reenter",
        Shape::Boolean,
        "leaves and enters again although the target is inside",
    ),
    key("let", LETS, "values for guards, actions and sentences"),
];

static BRANCH: Construct = Construct {
    noun: "a branch",
    shared: &[],
    keys: &[
        key("guard", GUARDS, "what must hold"),
        key("target", ONE_OR_MORE_STATES, "where to; without it the state stays"),
        key("actions", ACTIONS, "done after the shared actions"),
        key("let", LETS, "values for this branch"),
    ],
};

/// Who may send the event, with what.
static ADMISSION_KEYS: &[Key] = &[
    key("by", PARTIES, "who or what may send it; only the instance itself if none"),
    key("title", Shape::Text, "the button's label"),
    key("input", FORM, "the form"),
    key("sign", SIGNATURE, "an electronic signature"),
    key("reason", REASON, "a reason, kept in the trail"),
];

pub(super) const REASON: Shape = Shape::Either(&Forms {
    noun: "required, optional, or a list of choices",
    scalar: Some(Shape::Word(&["required", "optional"])),
    list: Some(Shape::List(&Shape::Literal)),
    mapping: None,
});

pub(super) const GUARDS: Shape = Shape::Either(&Forms {
    noun: "an expression, `{if, otherwise}`, or a list of these",
    scalar: Some(Shape::Expression),
    list: Some(Shape::List(&ONE_GUARD)),
    mapping: Some(Shape::Map(&GUARD)),
});

const ONE_GUARD: Shape = Shape::Either(&Forms {
    noun: "an expression, or `{if, otherwise}`",
    scalar: Some(Shape::Expression),
    list: None,
    mapping: Some(Shape::Map(&GUARD)),
});

static GUARD: Construct = Construct {
    noun: "a guard",
    shared: &[],
    keys: &[
        key("if", Shape::Expression, "what must hold").required(),
        key("otherwise", Shape::Text, "what to say when it does not"),
    ],
};

const INVOKES: Shape = Shape::Either(&Forms {
    noun: "an invoke, or a list of invokes",
    scalar: None,
    list: Some(Shape::List(&Shape::Map(&INVOKE))),
    mapping: Some(Shape::Map(&INVOKE)),
});

static INVOKE: Construct = Construct {
    noun: "an invoke",
    shared: &[],
    keys: &[
        key(
            "id",
            Shape::Name(Name::Snake),
            "its events are `done.ID` and `error.ID`; the state's name if none",
        ),
        key("adapter", Shape::Name(Name::Snake), "the adapter"),
        key("action", Shape::Name(Name::Snake), "what it is to do"),
        key("workflow", Shape::Name(Name::File), "the workflow of the children"),
        key("key", Shape::Text, "the child's key"),
        key("each", Shape::Expression, "one child for every item"),
        key("input", VALUES, "what it is given"),
        key("timeout", Shape::Duration, "how long to wait"),
        key("expires", Shape::Duration, "after when it must not even begin"),
        key("retry", RETRY, "for failures the adapter calls temporary"),
        key("require", Shape::Expression, "tried again immediately before each attempt"),
        key("onStart", Shape::Map(&STEP_ON_THE_WAY), "the child exists"),
        key(
            "onProgress",
            Shape::Map(&STEP_ON_THE_WAY),
            "the adapter reports a step on the way; what it reports is `event`",
        ),
        key(
            "onDone",
            Shape::Either(&ONE_AUTOMATIC),
            "when it is done; the result is `event.result`",
        ),
        key(
            "onError",
            Shape::Either(&ONE_AUTOMATIC),
            "when it failed; the error is `event.error`",
        ),
        key("compensate", Shape::Map(&COMPENSATION), "what `undo` performs"),
    ],
};

static STEP_ON_THE_WAY: Construct = Construct {
    noun: "a step on the way",
    shared: &[],
    keys: &[key("actions", ACTIONS, "what is done then").required()],
};

static COMPENSATION: Construct = Construct {
    noun: "a compensation",
    shared: &[],
    keys: &[
        key("adapter", Shape::Name(Name::Snake), "the adapter").required(),
        key("action", Shape::Name(Name::Snake), "what it is to do").required(),
        key("input", VALUES, "what it is given"),
    ],
};
