//! The ways to show problems.

mod concise;
mod json;
mod text;

pub use concise::concise;
pub use json::json;
pub use text::{Colour, text};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources, Span};

    /// Two problems in two files: one with all it can have, one with nothing but its message.
    fn problems() -> (Sources, Diagnostics) {
        let mut sources = Sources::new();
        let first = sources.add("lab/order.yaml", "für: x\ntask: {title: Mount {{ x }}, due: 4h}\nfür: y\n");
        let second = sources.add("lab/lens.yaml", "a: b\n");
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(
            Diagnostic::error(
                Code::UnquotedTemplate,
                Span::new(first, 28..35),
                "a template needs quotes here",
            )
            .label("YAML reads a mapping")
            .note("an expression alone needs none")
            .note_at(Span::new(second, 0..1), "as here")
            .help("put the value in quotes")
            .repair(Span::new(first, 22..35), "\"Mount {{ x }}\""),
        );
        diagnostics.push(
            Diagnostic::error(Code::DuplicateKey, Span::new(first, 46..50), "`für` stands twice")
                .label("again here")
                .note_at(Span::new(first, 0..4), "first here")
                .help("keep one of the two"),
        );
        diagnostics.push(Diagnostic::warning(
            Code::CommentCutsValue,
            Span::new(second, 3..4),
            "a \"cut\" value",
        ));
        (sources, diagnostics)
    }

    #[test]
    fn concise_is_one_line_a_problem() {
        let (sources, diagnostics) = problems();
        assert_eq!(
            concise(&sources, &diagnostics),
            "\
lab/order.yaml:2:21: error[SW-0102]: a template needs quotes here
lab/order.yaml:3:1: error[SW-0111]: `für` stands twice
lab/lens.yaml:1:4: warning[SW-0106]: a \"cut\" value
"
        );
    }

    #[test]
    fn text_shows_the_line_the_reason_and_the_repair() {
        let (sources, diagnostics) = problems();
        assert_eq!(
            text(&sources, &diagnostics, Colour::Plain),
            r#"error[SW-0102]: a template needs quotes here
 --> lab/order.yaml:2:21
  |
2 | task: {title: Mount {{ x }}, due: 4h}
  |                     ^^^^^^^ YAML reads a mapping
  |
  = note: an expression alone needs none
  = note: as here (lab/lens.yaml:1:1)
help: put the value in quotes
  |
2 - task: {title: Mount {{ x }}, due: 4h}
2 + task: {title: "Mount {{ x }}", due: 4h}
  |

error[SW-0111]: `für` stands twice
 --> lab/order.yaml:3:1
  |
1 | für: x
  | --- first here
2 | task: {title: Mount {{ x }}, due: 4h}
3 | für: y
  | ^^^ again here
  |
  = help: keep one of the two

warning[SW-0106]: a "cut" value
 --> lab/lens.yaml:1:4
  |
1 | a: b
  |    ^

"#
        );
    }

    #[test]
    fn colour_adds_only_colour() {
        let (sources, diagnostics) = problems();
        let coloured = text(&sources, &diagnostics, Colour::Coloured);
        assert!(coloured.contains("\u{1b}["));
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once("\u{1b}[") {
            plain.push_str(before);
            rest = after.split_once('m').map_or("", |(_, rest)| rest);
        }
        plain.push_str(rest);
        assert_eq!(plain, text(&sources, &diagnostics, Colour::Plain));
    }

    #[test]
    fn json_holds_everything() {
        let (sources, diagnostics) = problems();
        let expected = r#"{"diagnostics":[
{"code":"SW-0102","severity":"error","message":"a template needs quotes here",
"span":{"file":"lab/order.yaml","start":28,"end":35,"line":2,"column":21,"endLine":2,"endColumn":28},"label":"YAML reads a mapping",
"notes":[{"text":"an expression alone needs none","span":null},{"text":"as here",
"span":{"file":"lab/lens.yaml","start":0,"end":1,"line":1,"column":1,"endLine":1,"endColumn":2}}],
"help":"put the value in quotes","repair":{"span":{"file":"lab/order.yaml","start":22,"end":35,"line":2,"column":15,"endLine":2,"endColumn":28},"text":"\"Mount {{ x }}\""}},
{"code":"SW-0111","severity":"error","message":"`für` stands twice",
"span":{"file":"lab/order.yaml","start":46,"end":50,"line":3,"column":1,"endLine":3,"endColumn":4},"label":"again here",
"notes":[{"text":"first here",
"span":{"file":"lab/order.yaml","start":0,"end":4,"line":1,"column":1,"endLine":1,"endColumn":4}}],
"help":"keep one of the two","repair":null},
{"code":"SW-0106","severity":"warning","message":"a \"cut\" value",
"span":{"file":"lab/lens.yaml","start":3,"end":4,"line":1,"column":4,"endLine":1,"endColumn":5},"label":null,
"notes":[],
"help":null,"repair":null}
],"errors":2,"warnings":1,"dropped":0}"#;
        assert_eq!(json(&sources, &diagnostics), expected.replace('\n', ""));
    }

    #[test]
    fn a_span_of_an_unknown_file_or_beyond_the_end_is_shown_all_the_same() {
        let (sources, _) = problems();
        let mut diagnostics = Diagnostics::new();
        let unknown = crate::diagnostic::FileId(9);
        diagnostics.push(Diagnostic::error(Code::Tag, Span::new(unknown, 5..9), "lost").repair(Span::at(unknown, 7), "x"));
        diagnostics.push(Diagnostic::error(Code::Tag, Span::new(Default::default(), 1..900), "beyond"));
        assert_eq!(
            concise(&sources, &diagnostics),
            "?:1:1: error[SW-0113]: lost\nlab/order.yaml:1:2: error[SW-0113]: beyond\n"
        );
        assert!(text(&sources, &diagnostics, Colour::Plain).contains("beyond"));
        assert!(json(&sources, &diagnostics).contains("\"file\":\"?\""));
    }
}
