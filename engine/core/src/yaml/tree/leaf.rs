//! Scalars, aliases and what stands in the place of a key; tags and comments beside them.

use std::ops::Range;
use std::sync::Arc;

use super::{Builder, Built, Flow, Frame, Holds, Key};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::yaml::edit::Role;
use crate::yaml::limit::{ALIASES_MAX, DEPTH_MAX};
use crate::yaml::{Alias, Kind, Node, Scalar, Style, quoted};

impl Builder<'_> {
    /// A comment that stands right behind a plain value and does not look like one has cut the value off.
    pub(super) fn comment(&mut self, plain: Option<Range<usize>>, range: Range<usize>) {
        let text = self.mended.text();
        let Some(value) = plain else { return };
        let Some(between) = text.get(value.end..range.start) else {
            return;
        };
        let comment = text.get(range.clone()).unwrap_or("");
        let speaks = comment
            .strip_prefix('#')
            .and_then(|rest| rest.chars().next())
            .is_some_and(char::is_alphanumeric);
        if !speaks || between.contains(['\n', '\r']) {
            return;
        }
        let span = self.span(range.clone());
        let whole = self.span(value.start..range.end);
        let meant = self.original.get(whole.range()).unwrap_or("").trim_end();
        let whole = Span::new(self.file, whole.start..whole.start + meant.len());
        self.diagnostics.push(
            Diagnostic::warning(
                Code::CommentCutsValue,
                span,
                "`#` after a blank begins a comment: the value ends before it",
            )
            .label("not part of the value")
            .help("quote the value, or put a blank behind `#` if it is a comment")
            .repair(whole, quoted(meant)),
        );
    }

    pub(super) fn tag(&mut self, tag: Option<&Range<usize>>, alone: bool) {
        let Some(tag) = tag else { return };
        let text = self.mended.text();
        let blanks = text
            .get(tag.end..)
            .map_or(0, |rest| rest.len() - rest.trim_start_matches([' ', '\t']).len());
        let span = self.span(tag.clone());
        let diagnostic = Diagnostic::error(Code::Tag, span, "a YAML tag: here the key decides the type of its value")
            .help("take the tag away; for “not” write `not`, for a text that begins with `!` use quotes");
        let with_blanks = self.span(tag.start..tag.end + blanks);
        self.diagnostics.push(if alone {
            diagnostic
        } else {
            diagnostic.repair(with_blanks, "")
        });
    }

    pub(super) fn scalar(&mut self, text: String, style: Style, range: Range<usize>, tagged: bool) -> Built {
        let end = range.end;
        let node = |span, kind| Built {
            node: Node { span, kind, alias: None },
            size: 1,
            height: 0,
            end,
        };
        match self.mended.edit_at(range.start) {
            Some((Role::Broken, was)) => return node(Span::new(self.file, was), Kind::Broken),
            Some((_, was)) => {
                let text: Arc<str> = self.original.get(was.clone()).unwrap_or("").into();
                let span = Span::new(self.file, was);
                return node(
                    span,
                    Kind::Scalar(Arc::new(Scalar {
                        raw: text.clone(),
                        text,
                        style: Style::Plain,
                        span,
                    })),
                );
            }
            None => {}
        }
        if range.is_empty() && style == Style::Plain {
            return self.empty(range.start, tagged);
        }
        let raw = self
            .mended
            .text()
            .get(range.clone())
            .unwrap_or("")
            .trim_end_matches(['\n', '\r', ' ']);
        let span = self.span(range.start..range.start + raw.len());
        if text.contains('\0') {
            self.diagnostics.push(
                Diagnostic::error(Code::ForbiddenCharacter, span, "the character U+0000 cannot be stored")
                    .help("take its escape out of the text"),
            );
            return node(span, Kind::Broken);
        }
        let scalar = Scalar {
            text: text.into(),
            raw: raw.into(),
            style,
            span,
        };
        node(span, Kind::Scalar(Arc::new(scalar)))
    }

    /// Nothing written: the place is behind the colon of its key. What stood there may have been unreadable.
    pub(super) fn empty(&self, reported: usize, tagged: bool) -> Built {
        let offset = match self.frames.last() {
            Some(Frame {
                holds:
                    Holds::Mapping {
                        key: Some(Key::Text { end, .. }),
                        ..
                    },
                ..
            }) => self.behind_colon(*end).unwrap_or(*end),
            _ => reported,
        };
        let at = self.mended.end(offset);
        let after = self
            .original
            .get(at..)
            .map_or(at, |rest| self.original.len() - rest.trim_start().len());
        let removed = self
            .mended
            .removed()
            .iter()
            .any(|range| range.start >= at && range.start <= after);
        let kind = if removed || tagged { Kind::Broken } else { Kind::Empty };
        Built {
            node: Node {
                span: Span::at(self.file, at),
                kind,
                alias: None,
            },
            size: 1,
            height: 0,
            end: offset,
        }
    }

    /// Of a list as far to the left as its key the reader gives the place behind the first dash.
    pub(super) fn first_dash(&self, start: usize) -> usize {
        let text = self.mended.text();
        if text.get(start..).is_some_and(|rest| rest.starts_with(['[', '-'])) {
            return start;
        }
        text.get(..start)
            .map(str::trim_end)
            .filter(|before| before.ends_with('-'))
            .map_or(start, |before| before.len() - 1)
    }

    /// The place behind the colon that follows a key, if one does.
    pub(super) fn behind_colon(&self, key_end: usize) -> Option<usize> {
        let rest = self.mended.text().get(key_end..)?;
        let colon = rest.len() - rest.trim_start().len();
        rest.trim_start().starts_with(':').then_some(key_end + colon + 1)
    }

    pub(super) fn alias(&mut self, anchor: Option<usize>, range: Range<usize>) -> Flow {
        let span = self.span(range.clone());
        let name: Arc<str> = self.mended.text().get(range.start + 1..range.end).unwrap_or("").into();
        self.aliases += 1;
        if self.aliases > ALIASES_MAX {
            return self.refuse(span, format!("more than {ALIASES_MAX} aliases in one file"));
        }
        let broken = Built {
            node: Node {
                span,
                kind: Kind::Broken,
                alias: None,
            },
            size: 1,
            height: 0,
            end: range.end,
        };
        let Some(anchor) = anchor else {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::UnknownAnchor,
                    span,
                    format!("no anchor `&{name}` stands before this alias"),
                )
                .help(format!(
                    "write `&{name}` before the value it means, further up; or quote the value if `*` belongs to it"
                )),
            );
            return self.place(broken, None);
        };
        let Some((built, definition)) = self.anchors.get(&anchor).cloned() else {
            let open = self
                .frames
                .iter()
                .find(|frame| frame.anchor == Some(anchor))
                .map(|frame| frame.start);
            let holder = self.span_at(open.unwrap_or(range.start));
            self.diagnostics.push(
                Diagnostic::error(
                    Code::RecursiveAnchor,
                    span,
                    format!("`*{name}` stands inside the value that `&{name}` names"),
                )
                .note_at(holder, "the anchored value begins here")
                .help("write the value out here, or name an inner part"),
            );
            return self.place(broken, None);
        };
        if self.frames.len() + built.height > DEPTH_MAX {
            return self.refuse(
                span,
                format!("with this alias, mappings and lists are nested deeper than {DEPTH_MAX} levels"),
            );
        }
        self.count(built.size)?;
        let node = Node {
            span,
            kind: built.node.kind,
            alias: Some(Alias { name, definition }),
        };
        self.place(
            Built {
                node,
                size: built.size,
                height: built.height,
                end: range.end,
            },
            None,
        )
    }
}

/// A value in the place of a key: its text, or why it cannot be one.
pub(super) fn classify(built: Built) -> (Key, Option<Diagnostic>) {
    let span = built.node.span;
    let scalar = match built.node.kind {
        Kind::Scalar(scalar) => scalar,
        Kind::Broken => return (Key::Refused, None),
        Kind::Empty => {
            let refused =
                Diagnostic::error(Code::KeyNotText, span, "a value without a key").help("write the key before the colon");
            return (Key::Refused, Some(refused));
        }
        Kind::Sequence(_) | Kind::Mapping(_) => {
            let refused = Diagnostic::error(Code::KeyNotText, span, "a key is a word, not a list or a mapping")
                .help("put the key in quotes if brackets or braces belong to it");
            return (Key::Refused, Some(refused));
        }
    };
    if &*scalar.text == "<<" && scalar.style == Style::Plain {
        let refused = Diagnostic::error(
            Code::MergeKey,
            span,
            "`<<` merges another mapping into this one, which is refused",
        )
        .help("write the keys out, or use an alias for the whole value");
        return (Key::Refused, Some(refused));
    }
    // The key of an alias stands where the alias stands.
    let scalar = Scalar {
        span,
        ..Scalar::clone(&scalar)
    };
    (Key::Text { scalar, end: built.end }, None)
}
