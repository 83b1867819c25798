//! What a diagram shows, whatever draws it: states within states, and the ways between them.

use std::collections::BTreeSet;
use std::sync::Arc;

use statewright_core::chart::{Chart, State, StateIndex, StateKind, Trigger, Work};
use statewright_core::step::in_words;

use super::{Words, caption};
use crate::naming::{said, state_name};

/// Longer lines within a state are cut.
const LINE_CHARACTERS_MAX: usize = 34;
/// Captions of one way; of more it is said how many there are.
const CAPTIONS_MAX: usize = 4;
/// Characters of a caption that is broken where its condition begins.
const LONG_CAPTION: usize = 22;
/// Events that a state answers to without being left; of more it is said how many there are.
const ANSWERED_MAX: usize = 6;

pub struct Sketch {
    pub title: String,
    /// A parent stands before its children.
    pub shapes: Vec<Shape>,
    pub ways: Vec<Way>,
}

pub struct Shape {
    pub kind: Kind,
    /// The state's path; of a beginning that of the state in which it stands.
    pub path: Arc<str>,
    pub name: String,
    /// What happens in it, a line each.
    pub lines: Vec<String>,
    pub parent: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Where a state, or the whole, begins.
    Beginning,
    Plain,
    /// It has states within it.
    Frame,
    /// One of several that are active together.
    Region,
    Final,
    History,
}

/// From a shape to a shape.
pub struct Way {
    pub from: usize,
    pub to: usize,
    pub captions: Vec<String>,
    /// Only gone when something has failed.
    pub fails: bool,
}

impl Way {
    /// The captions as they stand in a picture: a long condition has a line of its own.
    pub fn caption_lines(&self) -> Vec<&str> {
        let lines = self.captions.iter().flat_map(|caption| match caption.split_once(" [") {
            Some((by, _)) if caption.chars().count() > LONG_CAPTION => {
                let condition = caption.get(by.len() + 1..).unwrap_or_default();
                [Some(by), Some(condition)]
            }
            _ => [Some(caption.as_str()), None],
        });
        lines.flatten().collect()
    }
}

impl Shape {
    pub fn holds_others(&self) -> bool {
        matches!(self.kind, Kind::Frame | Kind::Region)
    }
}

impl Sketch {
    pub fn of(chart: &Chart, words: Words) -> Sketch {
        let mut drawing = Drawing {
            chart,
            words,
            places: vec![None; chart.states.len()],
            sketch: Sketch {
                title: said(chart.title.as_ref()).unwrap_or_else(|| in_words(&chart.workflow)),
                shapes: Vec::new(),
                ways: Vec::new(),
            },
        };
        drawing.states_of(StateIndex::ROOT, None);
        drawing.ways();
        drawing.sketch
    }

    pub fn children(&self, of: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        let within = move |(_, shape): &(usize, &Shape)| shape.parent == of;
        self.shapes.iter().enumerate().filter(within).map(|(place, _)| place)
    }

    /// Where a way into this shape is led to: what holds others is entered where it begins.
    pub fn leaf_to(&self, place: usize) -> usize {
        match self.children(Some(place)).next() {
            Some(first) => self.leaf_to(first),
            None => place,
        }
    }

    /// Where a way out of this shape is led from: the last state in it that is not an end.
    pub fn leaf_from(&self, place: usize) -> usize {
        let within: Vec<usize> = self.children(Some(place)).collect();
        let goes_on = |child: &&usize| !matches!(self.shapes[**child].kind, Kind::Final | Kind::Beginning | Kind::History);
        match within.iter().rev().find(goes_on).or(within.first()) {
            Some(last) => self.leaf_from(*last),
            None => place,
        }
    }

    /// Whether one shape stands in the other, however deep.
    pub fn is_within(&self, inner: usize, outer: usize) -> bool {
        let mut at = self.shapes[inner].parent;
        while let Some(place) = at {
            if place == outer {
                return true;
            }
            at = self.shapes[place].parent;
        }
        false
    }
}

struct Drawing<'c> {
    chart: &'c Chart,
    words: Words,
    /// Of each state that is drawn.
    places: Vec<Option<usize>>,
    sketch: Sketch,
}

impl Drawing<'_> {
    fn states_of(&mut self, parent: StateIndex, place: Option<usize>) {
        let state = self.chart.state(parent);
        if let StateKind::Compound { .. } = state.kind {
            self.add(Shape {
                kind: Kind::Beginning,
                path: state.path.clone(),
                name: String::new(),
                lines: Vec::new(),
                parent: place,
            });
        }
        let in_regions = state.kind == StateKind::Parallel;
        for child in &state.children {
            let state = self.chart.state(*child);
            let own = self.add(Shape {
                kind: kind_of(state, in_regions),
                path: state.path.clone(),
                name: state_name(state),
                lines: self.lines(state),
                parent: place,
            });
            self.places[child.0 as usize] = Some(own);
            self.states_of(*child, Some(own));
        }
    }

    fn add(&mut self, shape: Shape) -> usize {
        self.sketch.shapes.push(shape);
        self.sketch.shapes.len() - 1
    }

    fn lines(&self, state: &State) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(task) = &state.task {
            lines.push(match said(task.title.as_ref()).filter(|title| *title != state_name(state)) {
                Some(title) => format!("task: {title}"),
                None => "a task".to_owned(),
            });
        }
        lines.extend(state.invokes.iter().map(|invoke| match &invoke.work {
            Work::Call(call) => format!("asks {}.{}", call.adapter, call.action),
            Work::Children(children) => format!("starts {}", children.workflow),
        }));
        if !state.pauses.is_empty() {
            let names: Vec<String> = state
                .pauses
                .iter()
                .map(|paused| state_name(self.chart.state(*paused)))
                .collect();
            lines.push(format!("pauses {}", names.join(", ")));
        }
        lines.extend(self.answered(state));
        lines
            .iter()
            .map(|line| caption::shortened(line, LINE_CHARACTERS_MAX))
            .collect()
    }

    /// What it answers to and is not left for.
    fn answered(&self, state: &State) -> Option<String> {
        let transitions = state.on.iter().map(|index| self.chart.transition(*index));
        let staying = transitions.filter(|transition| transition.branches.iter().all(|branch| branch.targets.is_empty()));
        let names: BTreeSet<String> = staying
            .map(|transition| caption::of_trigger(self.chart, self.words, transition))
            .collect();
        match names.len() {
            0 => None,
            1..=ANSWERED_MAX => Some(format!("answers {}", names.into_iter().collect::<Vec<_>>().join(", "))),
            more => Some(format!("answers {more} events")),
        }
    }

    fn ways(&mut self) {
        for transition in &self.chart.transitions {
            let from = match transition.trigger {
                Trigger::Initial => self.beginning_of(transition.source),
                _ => self.places[transition.source.0 as usize],
            };
            let fails = matches!(transition.trigger, Trigger::InvokeError(_));
            for branch in &transition.branches {
                let caption = caption::of_branch(self.chart, self.words, transition, branch);
                for target in &branch.targets {
                    let to = self.places[target.0 as usize];
                    // the whole is no shape: what leads from it leads from nowhere in particular
                    let (Some(from), Some(to)) = (from.or_else(|| self.beginning_of(StateIndex::ROOT)), to) else {
                        continue;
                    };
                    self.way(from, to, &caption, fails);
                }
            }
        }
        for way in &mut self.sketch.ways {
            let more = way.captions.len().saturating_sub(CAPTIONS_MAX);
            if more > 1 {
                way.captions.truncate(CAPTIONS_MAX);
                way.captions.push(format!("and {more} more"));
            }
        }
    }

    /// Several ways between the same two shapes are one line with several captions.
    fn way(&mut self, from: usize, to: usize, caption: &str, fails: bool) {
        let known = |way: &&mut Way| way.from == from && way.to == to && way.fails == fails;
        let way = match self.sketch.ways.iter_mut().find(known) {
            Some(way) => way,
            None => {
                self.sketch.ways.push(Way {
                    from,
                    to,
                    captions: Vec::new(),
                    fails,
                });
                let last = self.sketch.ways.len() - 1;
                &mut self.sketch.ways[last]
            }
        };
        if !caption.is_empty() && !way.captions.iter().any(|known| known == caption) {
            way.captions.push(caption.to_owned());
        }
    }

    fn beginning_of(&self, state: StateIndex) -> Option<usize> {
        let path = &self.chart.state(state).path;
        let shapes = self.sketch.shapes.iter();
        shapes
            .enumerate()
            .find_map(|(place, shape)| (shape.kind == Kind::Beginning && shape.path == *path).then_some(place))
    }
}

fn kind_of(state: &State, in_regions: bool) -> Kind {
    match state.kind {
        StateKind::Final => Kind::Final,
        StateKind::History { .. } => Kind::History,
        _ if in_regions => Kind::Region,
        StateKind::Atomic => Kind::Plain,
        StateKind::Compound { .. } | StateKind::Parallel => Kind::Frame,
    }
}
