//! Events to a tree, and what the events themselves show to be wrong.

mod leaf;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::edit::Mended;
use super::event::{Event, Failure, events};
use super::limit::{DEPTH_MAX, EXPANDED_NODES_MAX, NODES_MAX};
use super::{Entry, Kind, Mapping, Node, Scalar, Style};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Span};

/// Reads the mended text.
///
/// # Errors
/// When the reader stops; what was found up to there is of no use then, since it is found again when the place is mended.
pub(super) fn tree(file: FileId, original: &str, mended: &Mended) -> Result<(Node, Diagnostics), Failure> {
    let mut builder = Builder::new(file, original, mended);
    for next in events(mended.text()) {
        let (event, range) = next?;
        if builder.take(event, range).is_break() {
            break;
        }
    }
    Ok(builder.finish())
}

/// Whether to go on.
type Flow = std::ops::ControlFlow<()>;

/// A node with what it costs to walk it.
#[derive(Clone)]
struct Built {
    node: Node,
    /// Values in it, aliases written out.
    size: usize,
    /// Levels of mappings and lists in it.
    height: usize,
    /// Where it ends in the mended text.
    end: usize,
}

/// A mapping or list that is still open.
struct Frame {
    start: usize,
    anchor: Option<usize>,
    size: usize,
    height: usize,
    /// Where its last part ends in the mended text.
    end: usize,
    holds: Holds,
}

enum Holds {
    Sequence(Vec<Node>),
    Mapping {
        mapping: Mapping,
        key: Option<Key>,
        seen: BTreeMap<Arc<str>, Span>,
    },
}

/// The key whose value comes next.
enum Key {
    Text {
        scalar: Scalar,
        end: usize,
    },
    /// Refused already; its value is read and left out.
    Refused,
}

struct Builder<'a> {
    file: FileId,
    original: &'a str,
    mended: &'a Mended,
    diagnostics: Diagnostics,
    frames: Vec<Frame>,
    root: Option<Node>,
    documents: usize,
    anchors: BTreeMap<usize, (Built, Span)>,
    nodes: usize,
    expanded: usize,
    aliases: usize,
    /// The plain scalar just read, by its range in the mended text: a comment may have cut it off.
    plain: Option<Range<usize>>,
    /// Which of the removed ranges a mapping has answered for.
    answered: BTreeSet<usize>,
}

impl<'a> Builder<'a> {
    fn new(file: FileId, original: &'a str, mended: &'a Mended) -> Self {
        Self {
            file,
            original,
            mended,
            diagnostics: Diagnostics::new(),
            frames: Vec::new(),
            root: None,
            documents: 0,
            anchors: BTreeMap::new(),
            nodes: 0,
            expanded: 0,
            aliases: 0,
            plain: None,
            answered: BTreeSet::new(),
        }
    }

    fn take(&mut self, event: Event, range: Range<usize>) -> Flow {
        let plain = self.plain.take();
        match event {
            Event::DocumentStart => return self.document(range),
            Event::Comment => self.comment(plain, range),
            Event::Scalar {
                text,
                style,
                anchor,
                tag,
            } => {
                self.count(1)?;
                self.tag(tag.as_ref(), range.is_empty());
                if style == Style::Plain && !range.is_empty() {
                    self.plain = Some(range.clone());
                }
                let built = self.scalar(text, style, range, tag.is_some());
                self.place(built, anchor)?;
            }
            Event::SequenceStart { anchor, tag } => {
                self.tag(tag.as_ref(), false);
                let range = self.first_dash(range.start)..range.end;
                self.open(range, anchor, Holds::Sequence(Vec::new()))?;
            }
            Event::MappingStart { flow, anchor, tag } => {
                self.tag(tag.as_ref(), false);
                let mapping = Mapping {
                    flow,
                    ..Mapping::default()
                };
                self.open(
                    range,
                    anchor,
                    Holds::Mapping {
                        mapping,
                        key: None,
                        seen: BTreeMap::new(),
                    },
                )?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range)?,
            Event::Alias { anchor } => self.alias(anchor, range)?,
        }
        Flow::Continue(())
    }

    fn finish(self) -> (Node, Diagnostics) {
        let whole = Span::new(self.file, 0..self.original.len());
        // Frames are left open only when a limit was passed: then the file is not used at all.
        let root = if self.frames.is_empty() { self.root } else { None };
        let kind = if self.diagnostics.has_errors() && root.is_none() {
            Kind::Broken
        } else {
            Kind::Empty
        };
        (
            root.unwrap_or(Node {
                span: whole,
                kind,
                alias: None,
            }),
            self.diagnostics,
        )
    }

    fn document(&mut self, range: Range<usize>) -> Flow {
        self.documents += 1;
        if self.documents == 1 {
            return Flow::Continue(());
        }
        let span = self.span(range);
        self.diagnostics.push(
            Diagnostic::error(Code::SecondDocument, span, "a second document begins here; a file holds one")
                .label("nothing from here on is read")
                .help("move what follows into a file of its own"),
        );
        Flow::Break(())
    }

    fn open(&mut self, range: Range<usize>, anchor: Option<usize>, holds: Holds) -> Flow {
        self.count(1)?;
        if self.frames.len() >= DEPTH_MAX {
            let span = self.span(range);
            return self.refuse(span, format!("mappings and lists are nested deeper than {DEPTH_MAX} levels"));
        }
        self.frames.push(Frame {
            start: range.start,
            anchor,
            size: 1,
            height: 0,
            end: range.end,
            holds,
        });
        Flow::Continue(())
    }

    fn close(&mut self, range: Range<usize>) -> Flow {
        let Some(frame) = self.frames.pop() else {
            return Flow::Continue(());
        };
        // A block ends with its last part; the event stands where the next token begins.
        let end = if range.is_empty() { frame.end } else { range.end };
        let span = self.span(frame.start..end.max(frame.start));
        let kind = match frame.holds {
            Holds::Sequence(items) => Kind::Sequence(items.into()),
            Holds::Mapping { mut mapping, .. } => {
                mapping.incomplete |= self.answer(frame.start..range.end);
                Kind::Mapping(Arc::new(mapping))
            }
        };
        let node = Node { span, kind, alias: None };
        self.place(
            Built {
                node,
                size: frame.size,
                height: frame.height + 1,
                end,
            },
            frame.anchor,
        )
    }

    /// Whether something was taken away in this range that no inner mapping has answered for.
    fn answer(&mut self, range: Range<usize>) -> bool {
        let (start, end) = (self.mended.start(range.start), self.mended.end(range.end));
        let inside = self
            .mended
            .removed()
            .iter()
            .map(|removed| removed.start)
            .filter(|removed| (start..=end).contains(removed));
        let new: Vec<usize> = inside.filter(|removed| !self.answered.contains(removed)).collect();
        self.answered.extend(&new);
        !new.is_empty()
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, built: Built, anchor: Option<usize>) -> Flow {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, (built.clone(), built.node.span));
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(built.node);
            return Flow::Continue(());
        };
        frame.size += built.size;
        frame.height = frame.height.max(built.height);
        frame.end = frame.end.max(built.end);
        match &mut frame.holds {
            Holds::Sequence(items) => items.push(built.node),
            Holds::Mapping { key: key @ None, .. } => {
                let (found, refused) = leaf::classify(built);
                *key = Some(found);
                self.diagnostics.extend(refused);
            }
            Holds::Mapping { mapping, key, .. } => match key.take() {
                Some(Key::Text { scalar, end }) => self.entry(scalar, end, built.node),
                // The value of a refused key: the mapping is not whole without it.
                _ => mapping.incomplete = true,
            },
        }
        Flow::Continue(())
    }

    fn entry(&mut self, key: Scalar, key_end: usize, value: Node) {
        let colon = self.behind_colon(key_end).is_some();
        let Some(Frame {
            holds: Holds::Mapping { mapping, seen, .. },
            ..
        }) = self.frames.last_mut()
        else {
            return;
        };
        if let Some(first) = seen.get(&key.text) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::DuplicateKey,
                    key.span,
                    format!("`{}` stands twice in this mapping", key.text),
                )
                .label("again here")
                .note_at(*first, "first here")
                .help("keep one of the two, or give the second its own name"),
            );
            return;
        }
        seen.insert(key.text.clone(), key.span);
        mapping.entries.push(Entry { key, value, colon });
    }

    fn count(&mut self, nodes: usize) -> Flow {
        self.nodes += 1;
        self.expanded += nodes;
        let whole = Span::at(self.file, 0);
        if self.nodes > NODES_MAX {
            return self.refuse(whole, format!("more than {NODES_MAX} values in one file"));
        }
        if self.expanded > EXPANDED_NODES_MAX {
            return self.refuse(
                whole,
                format!("with its aliases written out the file holds more than {EXPANDED_NODES_MAX} values"),
            );
        }
        Flow::Continue(())
    }

    /// A limit is passed: nothing of the file is used.
    fn refuse(&mut self, span: Span, message: String) -> Flow {
        self.root = None;
        self.diagnostics
            .push(Diagnostic::error(Code::TooLarge, span, message).help("split the file, or say it with less"));
        Flow::Break(())
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, self.mended.range(range))
    }

    fn span_at(&self, offset: usize) -> Span {
        Span::at(self.file, self.mended.start(offset))
    }
}
