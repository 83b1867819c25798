//! Steps and expectations about seeing: opening an instance, what each person sees, its review, and until when nobody is disturbed.

use super::{Files, line, ran};

const CASE: &str = "workflow: case
zone: Europe/London
data: {level: {type: integer, default: 1}}
start: {by: [clerk]}
access:
  - {for: [clerk]}
  - {for: [doctor], break_glass: 2h}
  - {for: [porter], break_glass: 30m, show: [level]}
initial: a
states:
  a:
    on:
      TELL: {by: [clerk], actions: [{notify: {to: [doctor, clerk], text: A case waits, via: [inbox, mail]}}]}
  b: {type: final}
";

const ROLES: &str = "roles: {clerk: {}, doctor: {}, porter: {}, privacy_officer: {}}
quiet_hours:
  doctor: {zone: Europe/London, hours: {thu: ['22:00-07:00']}}
";

const FILE: &str = "test: t
uses: [case.yaml, roles.yaml]
given:
  clock: 2026-03-26 09:00
  people: {ann: [clerk], dora: [doctor], pia: [porter], olaf: [privacy_officer]}
  instances: [{workflow: case, key: C, in: a}]
scenarios:
  s:
";

fn outcome(steps: &[&str]) -> Vec<String> {
    let steps: String = steps.iter().map(|step| format!("    - {step}\n")).collect();
    let files = Files::new(&[("case.yaml", CASE), ("roles.yaml", ROLES)]);
    match ran(&format!("{FILE}{steps}"), &files) {
        Ok((report, sources)) => {
            let failures = report.scenarios.iter().flat_map(|scenario| &scenario.failures);
            failures.map(|failed| line(failed, &sources)).collect()
        }
        Err(problems) => vec![problems],
    }
}

fn check(steps: &[&str], failures: &[&str]) {
    assert_eq!(outcome(steps), failures, "{steps:#?}");
}

#[test]
fn an_instance_is_opened_and_its_review_has_a_name() {
    check(
        &[
            "expect: {case/C: {sees: {ann: all, dora: nothing, pia: nothing}}}",
            "{open: case/C, as: pia, reason: moving, id: r}",
            "expect: {case/C: {sees: {dora: nothing, pia: [level]}}, r: {in: open, data: {opened_by: pia}, sees: {olaf: all, pia: nothing}}}",
            "{send: REVIEW, to: r, as: olaf, with: {verdict: justified}}",
            "{wait: 30m}",
            "expect: {case/C: {sees: {pia: nothing}}, access-review: {in: reviewed, count: 1}}",
        ],
        &[],
    );
}

#[test]
fn what_is_seen_otherwise_is_told() {
    check(
        &["{open: case/C, as: dora, reason: found, refused: a reason}"],
        &["1: it came out differently; outcome: refused: … a reason … / taken"],
    );
    check(
        &["expect: {case/C: {sees: {dora: all, ann: [level]}}}"],
        &["1: case/C is otherwise; sees.ann: [\"level\"] / all; sees.dora: all / nothing"],
    );
    check(&["expect: {case/C: {sees: {eve: nothing}}}"], &["1: nobody is called `eve`"]);
    let unknown = outcome(&["{open: cse/C, as: dora, reason: found}"]);
    assert!(unknown[0].contains("no file under `uses` holds `cse`"), "{unknown:?}");
    let misfit = outcome(&["{open: case/C, as: dora, with: {x: 1}}"]);
    assert!(misfit[0].contains("`with` does not belong to `open`"), "{misfit:?}");
}

#[test]
fn a_notice_says_until_when_its_reader_is_left_alone() {
    check(
        &[
            "{send: TELL, to: case/C, as: ann}",
            "expect: {notices: [{to: dora, text: A case waits, quiet_until: null}]}",
            "{at: 2026-03-26 23:00}",
            "{send: TELL, to: case/C, as: ann}",
            "expect: {notices: [{to: dora, quiet_until: null}, {to: dora, quiet_until: 2026-03-27 07:00}]}",
            "expect: {notices: [{to: ann, quiet_until: null}, {to: ann, quiet_until: null}]}",
        ],
        &[],
    );
    check(
        &[
            "{send: TELL, to: case/C, as: ann}",
            "expect: {notices: [{to: dora, quiet_until: 2026-03-27 07:00}]}",
        ],
        &["2: people were told something else; notices[0].quiet_until: 2026-03-27 07:00 / nothing (null)"],
    );
}
