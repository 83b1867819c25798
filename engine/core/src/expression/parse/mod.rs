//! Text to tree: MiniJinja's grammar, our language.
//!
//! This is the only module that knows MiniJinja. Its parser gives a tree, which is lowered at once to our own; what Jinja
//! allows and this language does not is refused while lowering. Two things of MiniJinja's tree are not used, because they
//! are not exact: numbers (held as binary floats; ours are read from the text again) and the beginnings of composite spans
//! (ours are the union of the parts).

mod calls;
mod lower;
mod scan;

use minijinja::machinery;

use super::ast::Node;
#[cfg(test)]
use super::ast::Term;
use super::limits::EXPRESSION_BYTES_MAX;
use super::problem::{Problem, ProblemKind};
use super::span::Span;

/// Parses one expression.
///
/// # Errors
/// Every problem found, at least one.
pub(super) fn parse(source: &str) -> Result<Node, Vec<Problem>> {
    if source.len() > EXPRESSION_BYTES_MAX {
        let message = format!("the expression is longer than {EXPRESSION_BYTES_MAX} bytes");
        return Err(vec![Problem::new(ProblemKind::TooLarge, Span::new(0, source.len()), message)]);
    }
    if source.trim().is_empty() {
        return Err(vec![Problem::new(
            ProblemKind::Syntax,
            Span::new(0, source.len()),
            "an expression is missing",
        )]);
    }
    let unbraced = scan::without_outer_braces(source);
    let text = unbraced.as_deref().unwrap_or(source);
    let layout = scan::Layout::of(text).map_err(|problem| vec![problem])?;
    let readable = layout.readable(text);
    match machinery::parse_expr(&readable) {
        Ok(tree) => lower::lower(&tree, text, &layout),
        Err(error) => Err(vec![syntax_problem(text, &error)]),
    }
}

/// What people of other languages write, and what is written here.
const FOREIGN: [(&str, &str); 9] = [
    ("===", "write `==`"),
    ("!==", "write `!=`"),
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("??", "write `x | default(y)`"),
    ("=>", "write `>=`; inside list filters the item is named `item`"),
    ("?", "write `a if condition else b`"),
    ("!", "write `not`"),
    ("=", "write `==` to compare"),
];

/// Bytes before and after the place of an error in which a foreign operator is looked for.
const FOREIGN_REACH_BYTES: usize = 3;

fn syntax_problem(source: &str, error: &minijinja::Error) -> Problem {
    let range = error.range().unwrap_or(0..source.len());
    // The parser marks one byte of a sign that it does not know, which may be a part of a character.
    let span = scan::whole_characters(source, range.start, range.end.max(range.start));
    let detail = error.detail().unwrap_or("this is not an expression");
    let message = detail
        .replace("variable block", "expression")
        .replace("template exceeds", "the expression exceeds");
    let problem = Problem::new(ProblemKind::Syntax, span, message);
    let reach = span.start.saturating_sub(FOREIGN_REACH_BYTES)..span.end + FOREIGN_REACH_BYTES;
    let window = scan::window(source, reach.start, reach.end);
    match FOREIGN.iter().find(|(foreign, _)| window.contains(foreign)) {
        Some((foreign, advice)) => problem.advise(format!("`{foreign}` is not an operator here: {advice}")),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expression::{Expression, Suggestion, Template};

    /// Each problem as `message @ marked text -> replacement` or `(advice)`.
    fn check(source: &str, expected: &str) {
        let shown = match Expression::parse(source) {
            Ok(expression) => format!("read: {:?}", expression.root().term),
            Err(problems) => problems
                .iter()
                .map(|problem| show(problem, source))
                .collect::<Vec<_>>()
                .join("; "),
        };
        assert_eq!(shown, expected, "{source}");
    }

    fn show(problem: &Problem, source: &str) -> String {
        let place = format!("{} @ {}", problem.message, problem.span.text(source));
        match &problem.suggestion {
            Some(Suggestion::Replace(text)) => format!("{place} -> {text}"),
            Some(Suggestion::Advice(advice)) => format!("{place} ({advice})"),
            None => place,
        }
    }

    fn parsed(source: &str) -> Expression {
        Expression::parse(source).unwrap_or_else(|problems| panic!("{source}: {problems:?}"))
    }

    #[test]
    fn numbers_are_taken_from_the_text() {
        check("1.005", "read: Constant(Decimal(1.005))");
        check("1.10", "read: Constant(Decimal(1.10))");
        check("-5", "read: Constant(Integer(-5))");
        check("- 0.50", "read: Constant(Decimal(-0.50))");
        check("9007199254740993", "read: Constant(Decimal(9007199254740993))");
        check("0x10", "`0x10` is not a number in plain decimal notation @ 0x10");
        check("1_000", "`1_000` is not a number in plain decimal notation @ 1_000");
        check("1e3", "`1e3` is not a number in plain decimal notation @ 1e3");
        check("1.", "`1.` is not a number in plain decimal notation @ 1.");
        check(
            "a + 12345678901234567890123456789",
            "`12345678901234567890123456789` has more than 28 digits @ 12345678901234567890123456789",
        );
    }

    #[test]
    fn an_unknown_sign_is_marked_as_a_whole_character() {
        for source in ["1 ° 2", "x é", "🜨", "((a**1é'b(1,] , 'x"] {
            let problems = Expression::parse(source).expect_err(source);
            let marked = |problem: &Problem| source.get(problem.span.range()).is_some();
            assert!(problems.iter().all(marked), "{source}: {problems:?}");
        }
    }

    #[test]
    fn what_jinja_has_and_the_language_has_not_is_refused() {
        check("2 ** 3", "`**` is not an operator here @ 2 ** 3 (multiply: `x * x`)");
        check(
            "1 < x < 3",
            "comparisons are not chained @ 1 < x < 3 (join two comparisons with `and`)",
        );
        check("x[1:2]", "a colon in `[…]` is not read @ x[1:2] (write `x | slice(a, b)`)");
        check("(1, 2)", "there are no tuples @ (1, 2) (write a list: `[a, b]`)");
        check(
            "x is defined",
            "only `is none` and `is not none` are tests @ x is defined (compare with `==`, or use a filter such as `| starts_with('x')`)",
        );
        check(
            "x is no()",
            "only `is none` and `is not none` are tests @ x is no() (compare with `==`, or use a filter such as `| starts_with('x')`)",
        );
        check(
            "x is notnone",
            "only `is none` and `is not none` are tests @ x is notnone (compare with `==`, or use a filter such as `| starts_with('x')`)",
        );
        check(
            "x.lower()",
            "`lower` is not called on a value @ x.lower() (write `x | lower`)",
        );
        check("round(x, n=2)", "`round` takes no named arguments; only `decide` does @ 2");
        check(
            "decide('t', *xs)",
            "arguments are not unpacked with `*` @ xs (write each argument)",
        );
        check(
            "a if b",
            "`if` has no `else` @ a if b (write `else none` if there is nothing to say)",
        );
        check(
            "x.0",
            "a number after a point is not read @ x.0 (write the place of an item in brackets: `x[0]`)",
        );
        check("{a: 1}", "the keys of an object are text in quotes @ a -> 'a'");
        check("{'a': 1, 'a': 2}", "the key `a` stands twice @ 'a'");
        check("True", "`True` is written `true` @ True -> true");
        check("x == null", "`null` is written `none` @ null -> none");
    }

    #[test]
    fn unknown_names_get_the_nearest_known_one() {
        check("xs | lenght", "there is no filter `lenght` @ lenght -> length");
        check(
            "xs | abs",
            "there is no filter `abs` @ abs (`abs` is a function: write `abs(x)`)",
        );
        check("dayz(3)", "there is no function `dayz` @ dayz -> days");
        check(
            "length(xs)",
            "there is no function `length` @ length (`length` is a filter: write `x | length`)",
        );
        check(
            "frobnicate(1) + (x | wibble)",
            "there is no function `frobnicate` @ frobnicate; there is no filter `wibble` @ wibble",
        );
        check("days()", "`days` takes 1 argument, not 0 @ days");
        check("xs | map", "`map` takes 1 argument, not 0 @ map");
        check("x | matches(y)", "`matches` takes a pattern that is written out @ matches");
        check(
            "x | matches('[')",
            "the pattern cannot be used: unclosed character class @ '['",
        );
        check(
            "x | matches('(a{1000}){1000}')",
            "the pattern cannot be used: it is too large @ '(a{1000}){1000}'",
        );
        check("hmac_ref(a + b)", "`hmac_ref` takes the name of a field @ hmac_ref");
    }

    #[test]
    fn slips_from_other_languages_are_explained() {
        check("", "an expression is missing @ ");
        check(
            "a = 1",
            "unexpected input after expression @ = (`=` is not an operator here: write `==` to compare)",
        );
        check(
            "a && b",
            "unexpected character @ & (`&&` is not an operator here: write `and`)",
        );
        check(
            "a || b",
            "unexpected `|`, expected identifier @ | (`||` is not an operator here: write `or`)",
        );
        check("!a", "unexpected character @ ! (`!` is not an operator here: write `not`)");
        check(
            "a ? b : c",
            "unexpected character @ ? (`?` is not an operator here: write `a if condition else b`)",
        );
        check("(a", "unexpected end of input, expected `)` @ a");
        check("{{ a }} and {{ b }}", "unexpected input after expression @ }}");
    }

    #[test]
    fn every_term_knows_its_place() {
        let node = |source: &str| parsed(source).root().span.text(source).to_owned();
        for whole in [
            "a.b.c",
            "(a + b) * c",
            "xs | where(item.a) | map(item.b)",
            "not a",
            "a not in b",
            "x is not none",
            "f.g[h].i",
            "-(a.b)",
            "{'a': 1}",
            "a if b else c",
            "decide('t', a=b).ok",
            "(a or b) and (c)",
            "x['y']",
            "'a' 'b'",
        ] {
            assert_eq!(node(whole), whole);
            assert_eq!(node(&format!("  {whole}\n")), whole);
            assert_eq!(node(&format!("{{{{ {whole} }}}}")), whole);
        }
        let guard = parsed("(a or b) and c.d == 1");
        let Term::And(clauses) = &guard.root().term else {
            panic!("two clauses")
        };
        let texts: Vec<&str> = clauses.iter().map(|clause| clause.span.text(guard.source())).collect();
        assert_eq!(texts, ["a or b", "c.d == 1"]);
    }

    #[test]
    fn none_may_stand_before_any_word() {
        for (source, negated) in [
            ("x is none if y else z", false),
            ("x is not none if y else z", true),
            ("x is none", false),
        ] {
            let expression = parsed(source);
            let condition = match &expression.root().term {
                Term::Choice { then, .. } => &then.term,
                other => other,
            };
            assert!(
                matches!(condition, Term::IsNone { negated: found, .. } if *found == negated),
                "{source}: {condition:?}"
            );
        }
        assert!(matches!(parsed("not x is none").root().term, Term::Not(_)));
        assert!(matches!(
            parsed("notes is not none").root().term,
            Term::IsNone { negated: true, .. }
        ));
        assert!(matches!(
            parsed("a not in b").root().term,
            Term::Membership { negated: true, .. }
        ));
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let refused = |source: &str| match Expression::parse(source) {
            Ok(_) => panic!("read"),
            Err(problems) => problems[0].message.clone(),
        };
        assert_eq!(
            refused(&"x".repeat(EXPRESSION_BYTES_MAX + 1)),
            "the expression is longer than 8192 bytes"
        );
        assert_eq!(refused(&"-".repeat(4_000)), "too many `not` or `-` in a row");
        assert_eq!(
            refused(&format!("{}x", "not ".repeat(1_000))),
            "too many `not` or `-` in a row"
        );
        assert_eq!(
            refused(&vec!["a"; 600].join("+")),
            "the expression has more than 1000 words and signs"
        );
        assert_eq!(
            refused(&vec!["a"; 400].join("+")),
            "the expression is nested deeper than 64 levels"
        );
        assert_eq!(
            refused(&format!("{}x{}", "[".repeat(70), "]".repeat(70))),
            "the expression is nested deeper than 64 levels"
        );
        assert_eq!(refused(&"(".repeat(900)), "the expression exceeds maximum recursion limits");
        assert!(Expression::parse(&vec!["a"; 400].join(" and ")).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_panics(source in ".{0,80}") {
            let _ = Expression::parse(&source);
            let _ = Template::parse(&source);
        }

        #[test]
        fn no_text_of_pieces_panics(pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40)) {
            let source = pieces.concat();
            if let Ok(expression) = Expression::parse(&source) {
                let _ = expression.references();
                prop_assert!(expression.root().span.range().end <= source.len());
            }
            let _ = Template::parse(&source);
        }
    }

    const PIECES: [&str; 44] = [
        "a", ".", "[", "]", "(", ")", "{", "}", "{{", "}}", "|", "map", "first", "'", "\"", "\\", "é", "1", "0x", "1.5", "e",
        "_", " ", "is ", "not ", "none ", "if ", "else ", "and ", "in ", "==", "<", "+", "-", "*", "/", "%", "~", ",", ":", "=",
        "item", "decide", "\n",
    ];
}
