//! What the graph shows, on small workflows.

use std::sync::Arc;

use crate::diagnostic::{Code, Sources};
use crate::lang::{Resolver, compile};

struct NoFiles;

impl Resolver for NoFiles {
    fn resolve(&self, _path: &str) -> Option<Arc<str>> {
        None
    }
}

/// The states of a workflow as written under `states`, after `workflow: w`; what the graph shows, one line each.
fn check(body: &str, expected: &str) {
    let mut sources = Sources::new();
    let main = sources.add(
        "w.yaml",
        format!("workflow: w\ndata: {{n: {{type: integer, default: 0}}, rush: {{type: boolean, default: false}}}}\n{body}"),
    );
    let compiled = compile(&mut sources, main, &NoFiles);
    let of_graph = [
        Code::Unreachable,
        Code::NoWayOut,
        Code::EndlessCycle,
        Code::DoneNever,
        Code::FormsBeside,
    ];
    let lines: Vec<String> = compiled
        .diagnostics
        .iter()
        .map(|diagnostic| {
            assert!(
                of_graph.contains(&diagnostic.code),
                "{}: {} in\n{body}",
                diagnostic.code,
                diagnostic.message
            );
            format!("{} {}", diagnostic.severity.as_str(), diagnostic.message)
        })
        .collect();
    assert_eq!(lines.join("\n"), expected, "{body}");
}

#[test]
fn a_state_that_nothing_leads_to_is_told_once_with_all_inside_it() {
    check(
        "initial: a\nstates:\n  a: {}\n  b: {initial: c, states: {c: {on: {X: d}}, d: {}}}\n",
        "warning nothing leads to the state `b`",
    );
    check(
        "initial: a\nstates:\n  a: {initial: c, states: {c: {}, d: {}}}\n",
        "warning nothing leads to the state `a.d`",
    );
    check(
        "initial: a\nstates:\n  a: {initial: c, states: {c: {}, h: {type: history, target: c}}}\n",
        "warning no transition leads to the history state `a.h`",
    );
}

#[test]
fn every_way_of_getting_somewhere_counts() {
    for way in [
        "on: {X: b}",
        "on: {X: {choose: [{guard: rush, target: b}, {}]}}",
        "always: {guard: rush, target: b}",
        "after: {3d: b}",
        "invoke: {adapter: x, action: y, onDone: b}",
        "invoke: {adapter: x, action: y, onError: b}",
        "onDone: b, initial: c, states: {c: {type: final}}",
        "type: parallel, onDone: b, states: {c: {type: final}, d: {initial: e, states: {e: {type: final}}}}",
    ] {
        check(&format!("initial: a\nstates:\n  a: {{{way}}}\n  b: {{}}\n"), "");
    }
    check("initial: a\non: {X: b}\nstates: {a: {}, b: {}}\n", "");
    check(
        "initial: a\nstates:\n  a: {on: {X: p.one.far}}\n  p: {type: parallel, states: {one: {initial: near, states: {near: {}, far: {on: {Y: near}}}}, two: {}}}\n",
        "",
    );
}

#[test]
fn a_trap_is_told_where_the_workflow_has_ends() {
    let with_end = "initial: a\nstates:\n  a: {on: {X: end, Y: b}}\n  b: {initial: c, states: {c: {on: {Z: d}}, d: {}}}\n  end: {type: final}\n";
    check(with_end, "warning from `b` no final state of the workflow is reached");
    check("initial: a\nstates:\n  a: {on: {Y: b}}\n  b: {}\n", "");
    let parallel = "initial: p\nstates:\n  p:\n    type: parallel\n    states:\n      work: {onDone: end, initial: c, states: {c: {on: {X: d}}, d: {type: final}}}\n      hold: {initial: off, states: {off: {on: {H: on}}, on: {on: {R: off}}}}\n  end: {type: final}\n";
    check(parallel, "");
}

#[test]
fn what_is_never_done_is_told() {
    check(
        "initial: a\nstates:\n  a: {onDone: b, initial: c, states: {c: {}}}\n  b: {}\n",
        "error `onDone` never comes: this state has no final state inside\nwarning nothing leads to the state `b`",
    );
    let parallel = "initial: p\nstates:\n  p:\n    type: parallel\n    onDone: b\n    states: {one: {initial: x, states: {x: {type: final}}}, two: {initial: y, states: {y: {}}}}\n  b: {}\n";
    check(parallel, "error `onDone` never comes: the region `two` has no final state");
}

#[test]
fn a_circle_without_a_guard_never_rests() {
    check(
        "initial: a\nstates: {a: {always: b}, b: {always: a}}\n",
        "error `always` leads round in a circle for ever: `a`, `b`",
    );
    check(
        "initial: a\nstates: {a: {always: {actions: [{mark: {m: {}}}]}}}\n",
        "error `always` of `a` is taken again and again",
    );
    check(
        "always: .a\ninitial: a\nstates: {a: {}}\n",
        "error `always` of the workflow is taken again and again",
    );
    check(
        "initial: a\nstates: {a: {always: {guard: rush, target: b}}, b: {always: {guard: rush, target: a}}}\n",
        "error `always` leads round in a circle for ever as long as `rush` holds: `a`, `b`",
    );
}

#[test]
fn a_circle_that_something_stops_is_the_authors_own() {
    check(
        "initial: a\nstates: {a: {always: b}, b: {always: {guard: n > 3, target: a}}}\n",
        "error `always` leads round in a circle for ever as long as `n > 3` holds: `a`, `b`",
    );
    check(
        "initial: a\nstates: {a: {always: {guard: rush, target: b}}, b: {always: {guard: not rush, target: a}}}\n",
        "",
    );
    check(
        "initial: a\nstates: {a: {always: {guard: n < 3, actions: [{assign: {n: \"{{ n + 1 }}\"}}]}}}\n",
        "",
    );
    check(
        "initial: a\nstates: {a: {always: {guard: n < 3, target: b}}, b: {entry: [{assign: {n: 5}}], always: a}}\n",
        "",
    );
    check(
        "initial: a\nstates: {a: {always: [{guard: rush, target: c}, {target: b}]}, b: {always: a}, c: {}}\n",
        "",
    );
    check("initial: a\nstates: {a: {on: {X: b}}, b: {always: a}}\n", "");
    check(
        "initial: a\nalways: {guard: \"'b' not in states\", target: b}\nstates: {a: {}, b: {}}\n",
        "",
    );
}

#[test]
fn one_event_has_one_form_at_a_time() {
    let told = "warning `NOTE` is asked for here with another form than by another state that is active at the same time";
    let note = |form: &str| format!("{{NOTE: {{by: [x], input: {form}}}}}");
    let (text, code) = (note("{text: string}"), note("{code: integer}"));
    check(&format!("initial: a\non: {text}\nstates: {{a: {{on: {code}}}}}\n"), told);
    check(&format!("initial: a\non: {text}\nstates: {{a: {{on: {text}}}}}\n"), "");
    check(
        &format!("initial: a\nstates: {{a: {{on: {text}, after: {{1d: b}}}}, b: {{on: {code}}}}}\n"),
        "",
    );
    check(
        &format!("type: parallel\nstates: {{a: {{on: {text}}}, b: {{on: {code}}}}}\n"),
        told,
    );
}

/// The graph's findings, and whether there are errors besides.
fn check_beside(body: &str, expected: &str) {
    let mut sources = Sources::new();
    let main = sources.add("w.yaml", format!("workflow: w\n{body}"));
    let compiled = compile(&mut sources, main, &NoFiles);
    assert!(compiled.chart.is_none(), "this is about files with errors: {body}");
    let of_graph = [
        Code::Unreachable,
        Code::NoWayOut,
        Code::EndlessCycle,
        Code::DoneNever,
        Code::FormsBeside,
    ];
    let found = compiled.diagnostics.iter().filter(|each| of_graph.contains(&each.code));
    let lines: Vec<&str> = found.map(|each| &*each.message).collect();
    assert_eq!(lines.join("\n"), expected, "{body}");
}

#[test]
fn the_graph_is_judged_beside_errors_that_leave_it_known() {
    let graph =
        "initial: a\nstates:\n  a: {always: b}\n  b: {always: a}\n  c: {onDone: a, initial: d, states: {d: {on: {X: a}}}}\n";
    let all = "`always` leads round in a circle for ever: `a`, `b`\nnothing leads to the state `c`\n`onDone` never comes: this state has no final state inside";
    for beside in [
        "data: {n: sting}\n",
        "title: '{{ nothing }}'\n",
        "access: [{for: [x], shw: [n]}]\n",
        "let: {x: 1 +}\n",
        "key: '{{ }}'\n",
    ] {
        check_beside(&format!("{beside}{graph}"), all);
    }
    let in_another = graph.replace("{X: a}", "{X: {target: a, guard: 1 +, by: [x], input: [nothing]}}");
    check_beside(&in_another, all);
}

#[test]
fn what_a_missing_part_could_change_is_not_told() {
    let circle = "`always` leads round in a circle for ever: `a`, `b`";
    let of = |a: &str| {
        format!("initial: a\nstates:\n  a: {a}\n  b: {{always: a}}\n  c: {{onDone: a, initial: d, states: {{d: {{}}}}}}\n")
    };
    let never = "`onDone` never comes: this state has no final state inside";
    // The guard that could end the circle cannot be read; where it leads is known.
    check_beside(
        &of("{always: {guard: 1 +, target: b}}"),
        &format!("nothing leads to the state `c`\n{never}"),
    );
    // A name that is not known may have meant `c`.
    check_beside(&of("{on: {X: cc}, always: b}"), never);
    check_beside(&of("{onn: {X: c}, always: b}"), never);
    // What has no end may have one that cannot be read.
    let typo = of("{always: b}").replace("d: {}", "d: {tipe: final}");
    check_beside(&typo, circle);
    // Behind a bracket that is never closed nothing is certain.
    check_beside(&of("{always: b").replace("b: {always: a}", "b: {always: a"), "");
}
