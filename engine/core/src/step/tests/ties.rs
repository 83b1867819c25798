//! By what the index tells what is not somebody's: whoever sees an instance has one of their ties in it, or none is named.

use super::*;
use crate::chart::AUDITOR;

/// A chart whose `access` is this.
fn chart(access: &str) -> Chart {
    let source = format!(
        "workflow: w
data:
  owner: {{type: string, index: true}}
  ward: {{type: string, index: true}}
  team: {{type: list, items: string, index: true}}
  nurse: {{type: user, index: true}}
  note: string
  name: {{type: string, phi: true}}
let: {{home: owner}}
access:
{access}
initial: a
states: {{a: {{}}}}
"
    );
    compiled(&source)
}

fn nora() -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, "nora");
    actor.roles = vec!["nurse".into(), "guest".into()];
    actor.unit = Some("icu".into());
    actor.organisation = Some("north".into());
    actor.skills = vec!["triage".into(), "iv".into()];
    actor
}

/// `field=value` of each tie; `anything` where there is none.
fn of(access: &str, actor: &Actor) -> String {
    match ties(&chart(access), actor) {
        None => "anything".to_owned(),
        Some(ties) => {
            let ties: Vec<String> = ties.iter().map(|(field, value)| format!("{field}={value}")).collect();
            ties.join(" ")
        }
    }
}

#[track_caller]
fn check(access: &str, expected: &str) {
    assert_eq!(of(access, &nora()), expected, "{access}");
}

#[test]
fn a_field_that_is_compared_with_the_readers_own_ties() {
    check("  - {for: [nurse], if: owner == actor.organisation}", "owner=north");
    check("  - {for: [nurse], if: actor.id == nurse}", "nurse=nora");
    check("  - {for: [nurse], if: note == 'x' and ward == actor.unit}", "ward=icu");
    // each of them alone would show it
    check(
        "  - {for: [nurse], if: owner == actor.organisation or note == 'x'}",
        "anything",
    );
    check("  - {for: [nurse], if: owner != actor.organisation}", "anything");
    check("  - {for: [nurse], if: not (owner == actor.organisation)}", "anything");
    check("  - {for: [nurse], if: owner == 'north'}", "anything");
}

#[test]
fn a_line_of_a_pattern_that_a_field_computes_ties() {
    check("  - {for: [{role: nurse, unit: '{{ ward }}'}]}", "ward=icu");
    check(
        "  - {for: [{user: '{{ nurse }}'}, {unit: '{{ ward }}'}]}",
        "nurse=nora ward=icu",
    );
    check("  - {for: [{skill: '{{ team }}'}]}", "team=iv team=triage");
    check("  - {for: [{unit: ['{{ ward }}', '{{ owner }}']}]}", "owner=icu ward=icu");
    // one that is written out may be theirs whatever stands in the other
    check("  - {for: [{unit: ['{{ ward }}', icu]}]}", "anything");
    check("  - {for: [{unit: '{{ ward }}-2'}]}", "anything");
}

#[test]
fn what_no_index_holds_ties_nothing() {
    check("  - {for: [nurse], if: note == actor.organisation}", "anything");
    check("  - {for: [nurse], if: home == actor.organisation}", "anything");
    check("  - {for: [nurse], if: name == actor.id}", "anything");
    check("  - {for: [nurse]}", "anything");
}

#[test]
fn every_rule_that_may_be_theirs_counts_and_no_other() {
    let north = "  - {for: [guest], if: owner == actor.organisation}\n";
    check(
        &format!("{north}  - {{for: [nurse], if: ward == actor.unit}}"),
        "owner=north ward=icu",
    );
    check(&format!("{north}  - {{for: [nurse]}}"), "anything");
    check(&format!("{north}  - {{for: [clinician]}}"), "owner=north");
    check(
        &format!("{north}  - {{for: [clinician, {{role: nurse, unit: '{{{{ ward }}}}'}}]}}"),
        "owner=north ward=icu",
    );
    // what they may open is theirs once it is open; what is counted is not shown
    check(&format!("{north}  - {{for: [nurse], break_glass: 1h}}"), "anything");
    check(
        &format!("{north}  - {{for: [nurse], counts_only: 5, show: [owner]}}"),
        "owner=north",
    );
    check("  - {for: [clinician]}", "");
}

/// Whoever has no organisation would see what has none: no index finds that.
#[test]
fn who_lacks_what_is_compared_is_tied_by_nothing() {
    let mut actor = nora();
    actor.organisation = None;
    assert_eq!(of("  - {for: [nurse], if: owner == actor.organisation}", &actor), "anything");
    actor.roles.push(AUDITOR.into());
    assert_eq!(of("  - {for: [{unit: '{{ ward }}'}]}", &actor), "anything");
}

#[test]
fn whoever_stands_in_is_tied_as_both() {
    let mut actor = nora();
    actor.on_behalf_of = Some("ida".into());
    assert_eq!(of("  - {for: [{user: '{{ nurse }}'}]}", &actor), "nurse=ida nurse=nora");
}
