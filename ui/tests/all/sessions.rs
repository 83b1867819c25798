//! Sessions at the command line, written down whole: `$` what was typed, then standard output, `!` standard error, `=` the exit code.

use crate::program::Folder;

const TICKET: &str = include_str!("../../src/http/tests/ticket.yaml");

fn check(name: &str, files: &[(&str, &str)], lines: &[&str]) {
    let folder = Folder::new(name);
    for (file, text) in files {
        folder.write(file, text);
    }
    let transcript = folder.session(lines);
    insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!(name, transcript);
    });
}

#[test]
fn a_ticket_from_its_definition_to_its_proof() {
    check(
        "a-ticket",
        &[("ticket.yaml", TICKET)],
        &[
            "list",
            "deploy ticket.yaml",
            "deploy ticket.yaml --store sqlite:statewright.db",
            "start ticket --with code=A-1 --as ann:clerk --store sqlite:statewright.db",
            "start ticket --with code=A-1 --as ann:clerk --store sqlite:statewright.db",
            "start ticket --with code=A-2 --with note='for Ann' --as bob:clerk@north --idempotency-key k --store sqlite:statewright.db",
            "start ticket --with code=A-2 --with note='for Ann' --as bob:clerk@north --idempotency-key k --store sqlite:statewright.db",
            "send ticket/A-1 PAY --with price=4.99 --as ann:clerk --store sqlite:statewright.db",
            "send ticket/A-1 FLY --as ann:clerk --store sqlite:statewright.db",
            "send ticket/A-1 DROP --as ann:clerk --store sqlite:statewright.db",
            "send ticket/A-1 DROP --reason lost --as gina:guest --store sqlite:statewright.db",
            "send ticket/A-1 DROP --reason lost --as sid --store sqlite:statewright.db",
            "can ticket/A-1 --as gina:guest --store sqlite:statewright.db",
            "can ticket/A-1 PAY --as ann:clerk --store sqlite:statewright.db",
            "can ticket/A-1 STAND --as ann:clerk --store sqlite:statewright.db",
            "send ticket/A-1 PAY --with price=7.50 --if-match 1 --as ann:clerk --store sqlite:statewright.db",
            "send ticket/A-1 PAY --with price=7.50 --as ann:clerk --store sqlite:statewright.db",
            "show ticket/A-1 --store sqlite:statewright.db",
            "list --active --store sqlite:statewright.db",
            "trail ticket/A-1 --store sqlite:statewright.db",
            "trail --workflow ticket --field code --store sqlite:statewright.db",
            "trail ticket/A-1 --export --store sqlite:statewright.db > a-1.jsonl",
            "verify a-1.jsonl",
            "verify --store sqlite:statewright.db",
            "replay --store sqlite:statewright.db",
            "incidents --store sqlite:statewright.db",
        ],
    );
}

#[test]
fn every_answer_in_json() {
    check(
        "in-json",
        &[("ticket.yaml", TICKET), ("broken.yaml", "workflow: broken\nstats: {}\n")],
        &[
            "deploy ticket.yaml --json --store sqlite:s.db",
            "start ticket --with code=A-1 --as ann:clerk --json --store sqlite:s.db",
            "send ticket/A-1 FLY --as ann:clerk --json --store sqlite:s.db",
            "show ticket/A-1 --json --store sqlite:s.db",
            "list --json --limit 1 --store sqlite:s.db",
            "trail ticket/A-1 --json --store sqlite:s.db",
            "can ticket/A-1 DROP --as ann:clerk --json --store sqlite:s.db",
            "verify --json --store sqlite:s.db",
            "replay --json --store sqlite:s.db",
            "token create ann:clerk --json --store sqlite:s.db",
            "token list --json --store sqlite:s.db",
            "incidents --json --store sqlite:s.db",
            "check broken.yaml --json",
            "show nonsense --json --store sqlite:s.db",
            "explain SW-2203 --json",
        ],
    );
}

#[test]
fn what_is_used_wrongly_ends_with_2_and_says_what_to_do() {
    check(
        "misuse",
        &[
            ("settings.yaml", "lisen: 127.0.0.1:1\nadapters: {carrier: {}}\n"),
            ("text.jsonl", "{\"no\": \"entry\"}\n"),
            ("empty/notes.txt", "nothing here"),
        ],
        &[
            "",
            "shwo ticket/A-1",
            "show A-1",
            "show ticket/A-1 --store orders.db",
            "show ticket/A-1 --store sqlite:none.db",
            "show ticket/A-1 --store memory: --server http://localhost:1 --as ann",
            "start ticket --with code --store memory:",
            "start ticket --as :clerk --store memory:",
            "deploy none.yaml",
            "deploy settings.yaml",
            "check none.yaml",
            "verify none.jsonl",
            "verify text.jsonl",
            "list --config settings.yaml",
            "serve --listen everywhere --store memory:",
            "serve --listen 0.0.0.0:0 --store memory:",
            "demo --listen 0.0.0.0:0",
            "explain SW-22O3",
            "dcs none.oma",
            "show ticket/A-1 --server ftp://nowhere",
            "list --server http://127.0.0.1:9",
            "list --server http://127.0.0.1:9 --store sqlite:s.db --token t",
            "incidents repair 0123 --store sqlite:s.db",
            "check empty",
            "deploy empty",
            "task claim ticket/A-1 --store memory:",
            "task assign ticket/A-1 open --store memory:",
            "tasks --held --own --store memory:",
        ],
    );
}

#[test]
fn the_answer_no_ends_with_1() {
    check(
        "no",
        &[
            ("ticket.yaml", TICKET),
            ("broken.yaml", "workflow: broken\nstats: {}\n"),
            ("refused.oma", "JOB=A-1\nSTATUS=1003\n"),
            ("empty.oma", ""),
            ("text.oma", "Dear lab,\nplease find attached\n"),
            ("cut.oma", "JOB=A-1\nSPH=-1.0"),
        ],
        &[
            "check broken.yaml",
            "deploy ticket.yaml broken.yaml --store sqlite:s.db",
            "deploy ticket.yaml --store sqlite:s.db",
            "show ticket/A-9 --store sqlite:s.db",
            "start tickets --store sqlite:s.db",
            "token revoke 0123456789abcdef --store sqlite:s.db",
            "incidents retry nonsense --store sqlite:s.db",
            "dcs refused.oma",
            "start ticket --from-dcs refused.oma --store sqlite:s.db",
            "list --server http://127.0.0.1:9 --token t",
            "list nope --store sqlite:s.db",
            "dcs empty.oma",
            "dcs text.oma",
            "dcs cut.oma",
        ],
    );
}

#[test]
fn files_that_are_checked_together_are_compared_with_one_another() {
    let folder = Folder::new("together");
    let room = "workflow: room\nstart: {by: [clerk]}\ninitial: free\nstates: {free: {}}\n";
    let stay = "workflow: stay\nstart: {by: [clerk]}\naccess: [{for: [clerk]}]\ninitial: a\nstates:\n  a: {on: {GO: {by: [clerk], actions: [{send: {to: {workflow: room, key: R}, event: TAKE}}]}}}\n";
    folder.write("room.yaml", room);
    folder.write("stay.yaml", stay);
    assert_eq!(folder.run(&["check", "stay.yaml"]).status.code(), Some(0));
    let together = folder.run(&["check", "stay.yaml", "room.yaml"]);
    let said = String::from_utf8_lossy(&together.stdout);
    assert_eq!(together.status.code(), Some(1), "{said}");
    assert!(
        said.contains("`room` takes no event `TAKE` from outside") && said.contains("stay.yaml:6:"),
        "{said}"
    );
    let deployed = folder.run(&["deploy", ".", "--store", "sqlite:s.db"]);
    assert_eq!(deployed.status.code(), Some(1), "nothing is deployed that would be refused");
}

#[test]
fn one_bad_file_hides_nothing_of_the_others() {
    let sound = "workflow: sound\ninitial: a\nstates: {a: {}}\n";
    let folder = Folder::new("beside");
    for (file, text) in [
        ("all/a.yaml", sound),
        ("all/b.yml", "workflow: b\nstats: {}\n"),
        ("schemas/s.yaml", "schema: s\ntype: object\nproperties: {a: string}\n"),
    ] {
        folder.write(file, text);
    }
    std::fs::write(folder.path().join("all/0.yaml"), [0xff, 0xfe, b'w']).expect("a file for the test");
    let long = format!("workflow: long\n{}", "# \n".repeat(400_000));
    folder.write("all/1.yaml", &long);
    let transcript = folder.session(&[
        "check all",
        "check all --json",
        "deploy all --store sqlite:s.db",
        "check schemas",
        "check schemas/s.yaml",
        "deploy schemas",
    ]);
    insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("beside", transcript);
    });
}

#[test]
fn a_list_that_is_empty_for_want_of_a_role_says_so() {
    let folder = Folder::new("no-role");
    folder.write("ticket.yaml", TICKET);
    folder.answer(&["deploy", "ticket.yaml", "--store", "sqlite:s.db"]);
    let said = |who: &str| {
        let listed = folder.run(&["tasks", "--as", who, "--store", "sqlite:s.db"]);
        assert_eq!(listed.status.code(), Some(0), "{who}");
        String::from_utf8_lossy(&listed.stderr).into_owned()
    };
    let note = "mia acts without a role, and most tasks are for one; name it with `--as mia:ROLE`";
    assert!(said("mia").contains(note), "{}", said("mia"));
    assert_eq!(said("mia:clerk"), "");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let folder = Folder::new("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path().join("w.yaml"))
        .status();
    assert!(made.is_ok_and(|status| status.success()), "a pipe for the test");
    let output = folder.run(&["check", "."]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("it is not a file"));
}

#[cfg(unix)]
#[test]
fn a_database_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("private");
    folder.write("ticket.yaml", TICKET);
    folder.answer(&["deploy", "ticket.yaml", "--store", "sqlite:s.db"]);
    let files = std::fs::read_dir(folder.path()).expect("the folder of the test");
    for file in files.map(|file| file.expect("a file of the test")) {
        let mode = file.metadata().expect("it is there").permissions().mode() & 0o777;
        if file.file_name().to_string_lossy().starts_with("s.db") {
            assert_eq!(mode, 0o600, "{:?}", file.file_name());
        }
    }
}

#[test]
fn a_number_given_as_text_is_told_how_to_be_given() {
    let count = "workflow: count\nkey: c\ndata: {qty: integer, note: {type: string, maxLength: 2}}\nstart: {by: [clerk], input: [qty, note]}\naccess: [{for: [clerk]}]\ninitial: a\nstates: {a: {type: final}}\n";
    check(
        "as-text",
        &[("count.yaml", count)],
        &[
            "deploy count.yaml --store sqlite:s.db",
            "start count --with qty=1 --with note=x --as ann:clerk --store sqlite:s.db",
            "start count --with qty=one --with note=xyz --as ann:clerk --store sqlite:s.db",
            "start count --with qty:=1 --with note=x --as ann:clerk --store sqlite:s.db",
        ],
    );
}

#[test]
fn a_pause_is_shown_with_what_stands_still() {
    let held = "workflow: held\nkey: h\nstart: {by: [clerk]}\naccess: [{for: [clerk]}]\ninitial: both\nstates:\n  both:\n    type: parallel\n    states:\n      work: {after: {late: {in: 90s, actions: [{mark: {late: {}}}]}}, initial: idle, states: {idle: {}}}\n      hold: {initial: on, states: {on: {label: On hold, pauses: [work]}}}\n";
    check(
        "paused",
        &[("held.yaml", held)],
        &[
            "deploy held.yaml --store sqlite:s.db",
            "start held --as ann:clerk --store sqlite:s.db",
            "show held/h --store sqlite:s.db",
        ],
    );
}

#[test]
fn work_is_found_claimed_handed_on_signed_and_told() {
    let review = include_str!("../../src/http/tests/review.yaml")
        .replace("due: 2h", "due: 30d")
        .replace("after: 1h", "after: 20d");
    check(
        "tasks",
        &[("review.yaml", &review)],
        &[
            "deploy review.yaml --store sqlite:s.db",
            "start review --with code=A-1 --with note=blue --as ann:clerk --store sqlite:s.db",
            "start review --with code=A-2 --as ann:clerk --store sqlite:s.db",
            "tasks --as bob:clerk --store sqlite:s.db",
            "task claim review/A-1 open --as bob:clerk --store sqlite:s.db",
            "task claim review/A-1 open --as ann:clerk --store sqlite:s.db",
            "tasks --as ann:clerk --store sqlite:s.db",
            "tasks --held --limit 1 --as ann:clerk --store sqlite:s.db",
            "tasks --own --as bob:clerk --store sqlite:s.db",
            "tasks show review/A-1 --as ann:clerk --store sqlite:s.db",
            "task delegate review/A-1 open --to cid --as bob:clerk --store sqlite:s.db",
            "token create cid:clerk --store sqlite:s.db > token",
            "task delegate review/A-1 open@1 --to cid --as bob:clerk --store sqlite:s.db",
            "task comment review/A-1 open --note 'The paper is in tray 7' --as ann:clerk --store sqlite:s.db",
            "task follow-up review/A-1 open --at 2099-01-01T08:00:00Z --as cid:clerk --store sqlite:s.db",
            "task follow-up review/A-1 open --at soon --as cid:clerk --store sqlite:s.db",
            "task acknowledge review/A-1 open --as cid:clerk --store sqlite:s.db",
            "task release review/A-1 open --note 'Away tomorrow' --as cid:clerk --store sqlite:s.db",
            "tasks show review/A-1 --json --as ann:clerk --store sqlite:s.db",
            "send review/A-1 PASS --as ann:clerk --store sqlite:s.db",
            "send review/A-1 PASS --sign --task open --as ann:clerk --store sqlite:s.db",
            "can review/A-1 PASS --as bob:clerk --store sqlite:s.db",
            "show review/A-1 --as bob:clerk --store sqlite:s.db",
            "withdraw review/A-1 PASS --as ann:clerk --store sqlite:s.db",
            "send review/A-2 TELL --as ann:clerk --store sqlite:s.db",
            "inbox --as gina:guest --store sqlite:s.db",
            "show review/A-2 --conversation --as ann:clerk --store sqlite:s.db",
            "show review/A-2 --conversation --as gina:guest --store sqlite:s.db",
            "send review/A-2 DROP --task open@1 --as ann:clerk --store sqlite:s.db",
            "tasks show review/A-2 --as ann:clerk --store sqlite:s.db",
            "tasks --as sid --store sqlite:s.db",
        ],
    );
}

#[test]
fn a_deployment_needs_the_adapters_that_it_names() {
    let workflow = "workflow: parcel\ndescription: Calls a carrier.\ninitial: out\nstates:\n  out:\n    invoke: {id: ship, adapter: carrier, action: ship, input: {}, onDone: gone, onError: gone}\n  gone: {type: final}\n";
    let settings = "adapters:\n  carrier:\n    url: https://carrier.example/v1\n    actions:\n      ship: {method: POST, path: /shipments, secrets: {Authorization: 'Bearer ${CARRIER}'}}\n";
    check(
        "adapters",
        &[("parcel.yaml", workflow), ("settings.yaml", settings)],
        &[
            "deploy parcel.yaml --store sqlite:s.db",
            "deploy parcel.yaml --store sqlite:s.db --config settings.yaml",
            "serve --store sqlite:s.db --config settings.yaml",
        ],
    );
}

#[test]
fn a_table_is_deployed_with_its_workflow_and_a_calendar_before_it() {
    let workflow = "workflow: triage\nkey: t\ncalendar: clinic-hours\ndata: {age: integer, level: optional integer}\nstart: {by: [clerk], input: [age]}\naccess: [{for: [clerk]}]\ninitial: waiting\nstates:\n  waiting:\n    entry: [{assign: {level: \"{{ decide('levels', age=age).level }}\"}}]\n    after: {late: {in: 2 business hours, actions: [{mark: {late: {}}}]}}\n";
    let levels = "table: levels\ninputs: {age: {type: integer, minimum: 0}}\noutput: {level: integer}\nrows:\n  - {when: {age: '< 18'}, then: {level: 1}}\n  - {when: {age: 19..64}, then: {level: 2}}\n  - {when: {age: '>= 65'}, then: {level: 3}}\ntests:\n  - {with: {age: 65}, gives: {level: 3}}\n";
    let hours = "calendar: clinic-hours\nzone: Europe/Berlin\nhours: {mon: ['00:00-24:00'], tue: ['00:00-24:00'], wed: ['00:00-24:00'], thu: ['00:00-24:00'], fri: ['00:00-24:00'], sat: ['00:00-24:00'], sun: ['00:00-24:00']}\n";
    check(
        "tables-and-calendars",
        &[
            ("broken/levels.yaml", levels),
            ("clinic/triage.yaml", workflow),
            ("clinic/tables/levels.yaml", &levels.replace("19..64", "18..64")),
            ("clinic/clinic-hours.yaml", hours),
        ],
        &[
            "check broken",
            "deploy clinic/triage.yaml --store sqlite:s.db",
            "check clinic",
            "deploy clinic --store sqlite:s.db",
            "deploy clinic/clinic-hours.yaml --store sqlite:s.db",
            "start triage --with age:=65 --as ann:clerk --store sqlite:s.db",
            "verify --store sqlite:s.db",
        ],
    );
}

#[test]
fn a_live_table_changes_without_its_workflow() {
    let workflow = "workflow: claim\nkey: '{{ code }}'\ndata: {code: string, days: integer, percent: optional integer}\nstart: {by: [clerk], input: [code, days]}\naccess: [{for: [clerk]}]\ninitial: open\nstates:\n  open:\n    on: {DECIDE: {target: decided, by: [clerk], guard: {if: \"decide('policy', days=days).covered\", otherwise: Too late}, actions: [{assign: {percent: \"{{ decide('policy', days=days).percent }}\"}}]}}\n  decided: {}\n";
    let policy = |percent: u32, inputs: &str| {
        format!(
            "table: policy\nlive: true\ninputs: {inputs}\noutput: {{covered: boolean, percent: integer}}\nrows:\n  - {{when: {{days: 0..90}}, then: {{covered: true, percent: {percent}}}}}\n  - {{then: {{covered: false, percent: 0}}}}\n"
        )
    };
    let days = "{days: {type: integer, minimum: 0}}";
    check(
        "live-tables",
        &[
            ("claim.yaml", workflow),
            ("tables/policy.yaml", &policy(100, days)),
            ("new/policy.yaml", &policy(80, days)),
            ("stand-ins/policy.yaml", &policy(10, days)),
            (
                "needy/policy.yaml",
                &policy(80, "{days: {type: integer, minimum: 0}, kind: string}"),
            ),
        ],
        &[
            "deploy claim.yaml --store sqlite:s.db",
            "deploy tables/policy.yaml claim.yaml --store sqlite:s.db",
            "start claim --with code=A --with days:=5 --as ann:clerk --store sqlite:s.db",
            "start claim --with code=B --with days:=5 --as ann:clerk --store sqlite:s.db",
            "send claim/A DECIDE --as ann:clerk --store sqlite:s.db",
            "deploy new/policy.yaml --store sqlite:s.db",
            "deploy new claim.yaml --store sqlite:s.db --json",
            "send claim/B DECIDE --as ann:clerk --store sqlite:s.db",
            "show claim/A --as ann:clerk --store sqlite:s.db",
            "show claim/B --as ann:clerk --store sqlite:s.db",
            "deploy needy --store sqlite:s.db",
            "deploy tables new --store sqlite:s.db",
            "check stand-ins",
            "deploy stand-ins --store sqlite:s.db",
            "tables --store sqlite:s.db",
            "tables policy --store sqlite:s.db",
            "tables policy --json --store sqlite:s.db",
            "tables policy --file --store sqlite:s.db",
            "tables policy --file 0000000000000000000000000000000000000000000000000000000000000000 --store sqlite:s.db",
            "tables prices --store sqlite:s.db",
            "verify --store sqlite:s.db",
            "replay --store sqlite:s.db",
        ],
    );
}

#[test]
fn an_order_is_made_of_a_file_from_the_trade() {
    macro_rules! shipped {
        ($path:literal) => {
            (
                concat!("lab/", $path),
                include_str!(concat!("../../../workflows/lab/", $path)),
            )
        };
    }
    check(
        "an-order-from-a-file",
        &[
            shipped!("practice.yaml"),
            shipped!("lens-order.yaml"),
            shipped!("schemas/rx.yaml"),
            shipped!("schemas/frame.yaml"),
            shipped!("schemas/inspection.yaml"),
            shipped!("schemas/measured.yaml"),
            (
                "statewright.yaml",
                include_str!("../../../examples/deployment/statewright.yaml"),
            ),
            ("D-1001.oma", include_str!("../../../examples/orders/D-1001.oma")),
        ],
        &[
            "check lab",
            "dcs D-1001.oma",
            "deploy lab --store sqlite:s.db --config statewright.yaml",
            "start practice --with code=north --with name='North Eyes' --with address_ref=A-17 --as carla:customer_service --store sqlite:s.db",
            "start lens-order --from-dcs D-1001.oma --with practice=north --as nora:ecp@north --store sqlite:s.db",
            "send practice/north APPROVE --as max:lab_manager --store sqlite:s.db",
            "start lens-order --from-dcs D-1001.oma --with practice=north --as sven:ecp@south --store sqlite:s.db",
            "start lens-order --from-dcs D-1001.oma --with practice=north --with rx.right.far_pd=50 --as nora:ecp@north --store sqlite:s.db",
            "start lens-order --from-dcs D-1001.oma --with practice=north --as nora:ecp@north --store sqlite:s.db",
            "show lens-order/D-1001 --as nora:ecp@north --store sqlite:s.db",
            "show lens-order/D-1001 --as sven:ecp@south --store sqlite:s.db",
            "verify --store sqlite:s.db",
        ],
    );
}

#[test]
fn an_edited_trail_is_found() {
    let folder = Folder::new("edited");
    folder.write("ticket.yaml", TICKET);
    let store = ["--store", "sqlite:s.db"];
    folder.answer(&[&["deploy", "ticket.yaml"], &store[..]].concat());
    folder.answer(&[&["start", "ticket", "--with", "code=A-1", "--as", "ann:clerk"], &store[..]].concat());
    folder.run(&[&["send", "ticket/A-1", "FLY", "--as", "ann:clerk"], &store[..]].concat());
    let exported = folder.answer(&[&["trail", "ticket/A-1", "--export"], &store[..]].concat());
    folder.write("edited.jsonl", &exported.replace("\"FLY\"", "\"FLX\""));
    folder.write(
        "cut.jsonl",
        &exported
            .lines()
            .filter(|line| line.starts_with("{\"head\""))
            .fold(String::new(), |text, line| text + line + "\n"),
    );
    folder.write(
        "headless.jsonl",
        &exported.lines().take(2).fold(String::new(), |text, line| text + line + "\n"),
    );
    let transcript = folder.session(&["verify edited.jsonl", "verify cut.jsonl", "verify headless.jsonl"]);
    insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("edited", transcript);
    });
}

#[test]
fn the_shipped_workflows_are_without_a_fault() {
    let folder = Folder::new("shipped");
    let workflows = concat!(env!("CARGO_MANIFEST_DIR"), "/../workflows");
    let output = folder.run(&["check", workflows]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
