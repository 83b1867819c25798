//! What the reader makes of whole inputs: tolerance, refusals, checksum policy, limits.

use statewright_dcs::framing::{CrcCheck, enclose};
use statewright_dcs::limits::{INPUT_BYTES_MAX, LINE_BYTES_MAX, RECORDS_MAX};
use statewright_dcs::trace::{TraceOf, trace_records};
use statewright_dcs::{CrcPolicy, Eye, ReadOptions, Record, Report, WriteOptions, read, write};

fn report(bytes: impl AsRef<[u8]>) -> Report {
    read(bytes.as_ref(), &ReadOptions::default())
}

/// The warnings and refusals, a line each.
fn check(bytes: impl AsRef<[u8]>, status: u32, expected: &[&str]) -> Report {
    let report = report(bytes);
    let refused = report
        .refused
        .iter()
        .map(|refusal| format!("refused {}: {}", refusal.line, refusal.reason));
    let warnings = report
        .warnings
        .iter()
        .map(|warning| format!("{}: {}", warning.line, warning.message));
    assert_eq!(refused.chain(warnings).collect::<Vec<_>>(), expected);
    assert_eq!(report.status.0, status);
    report
}

fn ellipse_hundredths(half_width: f64, half_height: f64, count: u32) -> Vec<u32> {
    let radius = |index: u32| {
        let (sine, cosine) = (f64::from(index) * std::f64::consts::TAU / f64::from(count)).sin_cos();
        half_width * half_height / (half_height * cosine).hypot(half_width * sine) * 100.0
    };
    (0..count).map(|index| radius(index).round() as u32).collect()
}

fn text_of(records: &[Record]) -> String {
    let bytes = write(records, &WriteOptions::default()).expect("records that can be written");
    String::from_utf8(bytes).expect("text")
}

#[test]
fn an_ellipse_has_the_measures_of_its_formula() {
    let trace = trace_records(Eye::Right, TraceOf::Frame, &ellipse_hundredths(27.0, 19.0, 400));
    let report = check(text_of(&trace), 0, &[]);
    let right = report.right.as_ref().expect("the traced side");
    let left = report.left.as_ref().expect("the mirrored side");
    assert!(
        (right.measures.a_mm - 54.0).abs() <= 0.01
            && (right.measures.b_mm - 38.0).abs() <= 0.01
            && (right.measures.ed_mm - 54.0).abs() <= 0.02
    );
    // Ramanujan's second approximation for half axes 27 and 19 gives 145.60 mm.
    assert!(
        (right.measures.circumference_mm - 145.60).abs() <= 0.1,
        "{:?}",
        right.measures
    );
    assert_eq!((right.mirrored, left.mirrored, left.measures), (false, true, right.measures));
    let json = report.to_json();
    assert_eq!(json["right"]["a_mm"], 54.0);
    assert_eq!(json["right"]["points"][0], serde_json::json!([0.0, 27.0]));
    assert_eq!(json["right"]["of"], "frame");
    assert_eq!(json["left"]["mirrored"], true);
}

#[test]
fn all_line_ends_and_framings_read_alike() {
    let lines = [
        "REQ=FIL",
        "JOB=\"30924\"",
        "SPH=-0.50;0.50",
        "_LLVAL=?;?",
        "DRILLE=R;1",
        "DRILLE=L;2",
    ];
    let plain = report(lines.join("\n")).to_json();
    for end in ["\n", "\r", "\r\n"] {
        assert_eq!(report(lines.join(end)).to_json(), plain);
        assert_eq!(report(lines.map(|line| format!("{line}{end}")).concat()).to_json(), plain);
        let mut framed = report(enclose((lines.join(end) + end).as_bytes(), true)).to_json();
        assert_eq!(framed["crc"]["state"], "ok");
        framed["crc"] = plain["crc"].clone();
        assert_eq!(framed, plain);
    }
    assert_eq!(plain["records"]["JOB"]["right"], "30924");
    assert_eq!(plain["records"]["DRILLE"]["all"], serde_json::json!([["R", "1"], ["L", "2"]]));
    assert_eq!(
        plain["records"]["_LLVAL"],
        serde_json::json!({"right": null, "left": null, "all": [["?", "?"]], "lines": [4]})
    );
}

#[test]
fn an_unknown_format_is_status_17_and_its_bytes_survive() {
    for format in ["2", "3", "4", "5", "6", "9", "x"] {
        let bytes = [
            format!("JOB=1\r\nTRCFMT={format};9;E;R;F\r\nR=").as_bytes(),
            b"\x01\xff;\xfe\r\n=\x02\nq=\xff\r\n",
            b"VBOX=38\r\n",
        ]
        .concat();
        let sentence =
            format!("refused 2: trace format `{format}` is not supported; ask the device for format 1 (ASCII, absolute)");
        let report = check(&bytes, 17, &[&sentence]);
        let end = bytes.len() - b"VBOX=38\r\n".len();
        assert_eq!(report.refused[0].raw.as_deref(), Some(&bytes[7..end]));
        assert_eq!(report.records.eye("VBOX", Eye::Right), Some("38"));
        assert!(report.right.is_none() && report.left.is_none() && report.records.all("R").is_empty());
    }
    let json = report("TRCFMT=6;1;E;L;F\nR=AB\n").to_json();
    assert_eq!(
        json["refused"][0],
        serde_json::json!({"what": "trace", "line": 1, "status": 17,
        "reason": "trace format `6` is not supported; ask the device for format 1 (ASCII, absolute)", "raw_base64": "VFJDRk1UPTY7MTtFO0w7RgpSPUFCCg=="})
    );
    assert_eq!(
        (json["status"].as_u64(), json["status_text"].as_str()),
        (Some(17), Some("unsupported tracing format"))
    );
}

#[test]
fn a_refused_side_is_not_mirrored_from_the_other() {
    let right = text_of(&trace_records(Eye::Right, TraceOf::Frame, &[2000; 36]));
    let report = report(format!("{right}TRCFMT=6;36;E;L;F\r\nR=00\r\n"));
    assert!(report.right.is_some() && report.left.is_none());
    assert_eq!(report.status.0, 17);
}

#[test]
fn a_trace_cut_off_is_refused() {
    let text = text_of(&trace_records(Eye::Right, TraceOf::Frame, &[2000; 36]));
    let cut = &text[..text.len() - 7];
    let report = check(cut, 18, &["refused 1: 36 radii were announced and 35 were sent"]);
    assert!(report.right.is_none() && report.left.is_none());
}

#[test]
fn formats_offered_without_data_are_no_trace() {
    check("TRCFMT=4;512;E;B;F\nTRCFMT=1;512;E;B;F\nZFMT=?\n", 0, &[]);
}

#[test]
fn depths_are_kept_with_their_side() {
    let trace = text_of(&trace_records(Eye::Left, TraceOf::Frame, &[2000; 4]));
    let report = check(format!("{trace}ZFMT=1;4;E;L;F\nZ=10;-20;\nZ=30;?\n"), 0, &[]);
    let depths = report.left.as_ref().and_then(|left| left.depths.clone());
    assert_eq!(depths.as_deref(), Some(&["10", "-20", "30", "?"].map(String::from)[..]));
    assert!(report.right.is_some_and(|right| right.mirrored && right.depths.is_none()));
    check(
        format!("{trace}ZFMT=1;5;E;L;F\nZ=10;20\n"),
        18,
        &["refused 3: 5 depths were announced and 2 were sent"],
    );
}

#[test]
fn an_odd_line_is_named_and_the_rest_is_read() {
    let expected = [
        "2: not a record, left out: no `=` between a label and its fields: `hello`",
        "4: `NAME` is not UTF-8; read as Latin-1",
        "5: `R` without the format record before it; its values are not used",
        "7: `SPH` says something else in line 1 already, which is what counts",
    ];
    let report = check(b"SPH=1;2\nhello\n\nNAME=Ren\xe9\nR=1\nR=2\nSPH=9\n", 0, &expected);
    assert_eq!(report.records.eye("SPH", Eye::Left), Some("2"));
    assert_eq!(report.records.text("NAME"), Some("Ren\u{e9}"));
    assert_eq!(report.records.all("R").len(), 2);
}

#[test]
fn another_trace_of_the_same_side_is_named() {
    let trace = |radius: u32| text_of(&trace_records(Eye::Right, TraceOf::Frame, &[radius; 4]));
    check(trace(2000) + &trace(2000), 0, &[]);
    let report = check(
        trace(2000) + &trace(2100),
        0,
        &["3: another trace of the right eye; the first counts"],
    );
    assert_eq!(report.right.map(|right| right.measures.a_mm), Some(40.0));
}

#[test]
fn the_policy_decides_about_a_missing_or_wrong_checksum() {
    let cases: [(&[u8], &str, Option<&str>); 4] = [
        (b"\x1cREQ=TRC\rJOB=98_50X50\r\x1eCRC=19087\r\x1d", "ok", None),
        (
            b"\x1cREQ=TRC\rJOB=98_50X50\r\x1eCRC=19088\r\x1d",
            "failed",
            Some("the packet states the checksum 19088, its bytes give 19087"),
        ),
        (
            b"\x1cREQ=TRC\rJOB=98_50X50\r\x1eCRC=?\r\x1d",
            "failed",
            Some("the packet's checksum cannot be read; its bytes give 19087"),
        ),
        (
            b"\x1cREQ=TRC\rJOB=98_50X50\r\x1d",
            "absent",
            Some("the packet has no checksum"),
        ),
    ];
    for (bytes, state, complaint) in cases {
        for policy in [CrcPolicy::Ignore, CrcPolicy::Warn, CrcPolicy::Refuse] {
            let report = read(bytes, &ReadOptions { crc: policy });
            assert_eq!(report.to_json()["crc"]["state"], state);
            let warned = complaint.filter(|_| policy == CrcPolicy::Warn);
            assert_eq!(report.warnings.first().map(|warning| warning.message.as_str()), warned);
            let refused = complaint.filter(|_| policy == CrcPolicy::Refuse);
            assert_eq!(report.refused.first().map(|refusal| refusal.reason.as_str()), refused);
            assert_eq!(report.records.is_empty(), refused.is_some());
            assert_eq!(report.status.0, if refused.is_some() { 18 } else { 0 });
            if let Some(refusal) = report.refused.first() {
                assert_eq!(refusal.raw.as_deref(), Some(bytes));
            }
        }
    }
}

#[test]
fn only_the_damaged_packet_is_refused() {
    let bytes = [
        enclose(b"JOB=1\r", true),
        vec![0x06],
        enclose(b"SPH=1\r", false),
        enclose(b"CYL=2\r", true),
    ]
    .concat();
    let report = read(&bytes, &ReadOptions { crc: CrcPolicy::Refuse });
    let labels: Vec<&str> = report.records.iter().map(|(label, _)| label).collect();
    assert_eq!(labels, ["CYL", "JOB"]);
    assert_eq!((report.crc, report.refused.len()), (CrcCheck::Absent, 1));
}

#[test]
fn a_file_has_no_checksum_to_miss_unless_it_must() {
    check("JOB=1\n", 0, &[]);
    let refused = read(b"JOB=1\n", &ReadOptions { crc: CrcPolicy::Refuse });
    assert_eq!((refused.status.0, refused.records.len()), (18, 0));
    let beside = report([b"JOB=1\n".to_vec(), enclose(b"SPH=1\r", true)].concat());
    assert_eq!(
        beside.warnings.first().map(|warning| warning.message.as_str()),
        Some("records outside a packet")
    );
    assert_eq!(beside.records.len(), 2);
}

#[test]
fn a_packet_without_an_end_is_named() {
    check(
        b"\x1cJOB=1\r\x1eCRC=1",
        0,
        &[
            "1: the packet has no end (<GS>); it may have been cut off",
            "1: the packet states the checksum 1, its bytes give 46595",
        ],
    );
}

#[test]
fn the_first_status_that_is_not_zero_counts() {
    check("STATUS=0\nXSTATUS=R;1110;Thin;W\n", 0, &[]);
    check("STATUS=1003\n", 1003, &[]);
    check(
        "STATUS=0\nSTATUS=4\nSTATUS=5\n",
        4,
        &["2: `STATUS` says something else in line 1 already, which is what counts"],
    );
    check("STATUS=good\n", 18, &["1: STATUS `good` is no number"]);
    check("STATUS=?\n", 0, &[]);
    check(
        "STATUS=3\nTRCFMT=6;4;E;R;F\nR=1\n",
        17,
        &["refused 2: trace format `6` is not supported; ask the device for format 1 (ASCII, absolute)"],
    );
}

#[test]
fn limits_are_refusals_not_cuts() {
    let long = format!("SPH=1\nX={}\nCYL=2\n", "y".repeat(LINE_BYTES_MAX));
    let report = report(&long);
    assert_eq!((report.status.0, report.refused.len(), report.records.len()), (18, 1, 2));
    let many = "A1=\n".repeat(RECORDS_MAX + 1);
    let report = read(many.as_bytes(), &ReadOptions::default());
    assert_eq!((report.status.0, report.records.all("A1").len()), (18, RECORDS_MAX));
    let report = read(&vec![b'\n'; INPUT_BYTES_MAX + 1], &ReadOptions::default());
    assert_eq!((report.status.0, report.refused[0].raw.is_none()), (18, true));
    assert_eq!(read(&vec![b'\n'; INPUT_BYTES_MAX], &ReadOptions::default()).status.0, 0);
}
