//! The table of codes: one line a code, one page each in `docs/errors`.
//!
//! Ranges: 01xx YAML · 02xx keys and shapes · 03xx names and references · 04xx types and expressions · 05xx states and
//! transitions · 06xx fields and data · 07xx understood and not built yet · 08xx what the graph shows · 09xx tables,
//! calendars and schedules · 1xxx a running instance · 2xxx the interface.

use std::fmt;

/// Declares the codes: a name for the program, the number for people, and a title of a few words.
macro_rules! codes {
    ($($name:ident = $number:literal, $title:literal;)*) => {
        /// A stable name for one kind of problem, shown as `SW-NNNN`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`SW-", $number, "`: ", $title, ".")] $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as people read it: `SW-0111`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => concat!("SW-", $number),)* }
            }

            /// A few words for lists of codes.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// The page that explains it, as Markdown.
            pub fn page_text(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("../../../../docs/errors/SW-", $number, ".md")),)* }
            }
        }
    };
}

codes! {
    // 01xx: the YAML text.
    YamlSyntax = "0101", "the YAML cannot be read here";
    UnquotedTemplate = "0102", "a template without quotes";
    CommaSplitsValue = "0103", "a comma splits the value";
    ValueGoesOn = "0104", "something follows a closed quote or bracket";
    ColonInValue = "0105", "a colon inside an unquoted value";
    CommentCutsValue = "0106", "a value cut off by `#`";
    NeverClosed = "0107", "a bracket, brace or quote that is never closed";
    StrayClosing = "0108", "a closing bracket without an opening one";
    TabIndentation = "0109", "a tab in the indentation";
    Indentation = "0110", "an indentation that fits nothing above it";
    DuplicateKey = "0111", "the same key twice";
    MergeKey = "0112", "a merge key";
    Tag = "0113", "a YAML tag";
    SecondDocument = "0114", "a second document in one file";
    Directive = "0115", "a YAML directive";
    UnknownAnchor = "0116", "an alias without an anchor";
    RecursiveAnchor = "0117", "an anchor that holds itself";
    KeyNotText = "0118", "a key that is not a word";
    ForbiddenCharacter = "0119", "a character that text does not hold";
    TooLarge = "0120", "a file beyond the limits";
    ReservedStart = "0121", "a value that begins with a sign of YAML's own";
    Escape = "0122", "an escape that does not exist";

    // 02xx: keys and the shapes of their values.
    UnknownKey = "0201", "an unknown key";
    WrongShape = "0202", "a value of the wrong shape";
    NotANumber = "0203", "not a plain number";
    NotABoolean = "0204", "neither `true` nor `false`";
    NotAName = "0205", "not a name of the right form";
    EmptyValue = "0206", "a key without a value";
    ReadDifferently = "0207", "a word that other YAML readers take for something else";
    MissingKey = "0208", "a key that is missing";
    UnknownWord = "0209", "none of the words known here";
    NotADuration = "0210", "not a duration";
    KeysExclude = "0211", "keys that do not go together";
    OneVerb = "0212", "an action that does not do one thing";
    MisplacedKey = "0213", "a key at the wrong place";
    LiteralBraces = "0214", "braces where nothing is computed";
    BracesMissing = "0215", "a text that reads like an expression";
    TimerMoment = "0216", "a timer that does not say when";
    TooManyParts = "0217", "a definition beyond the limits";
    UnknownKind = "0218", "a file of no known kind";

    // 03xx: names and references.
    UnknownState = "0301", "an unknown state";
    UnknownField = "0302", "an unknown field";
    UnansweredEvent = "0303", "an event that nothing answers to";
    NameClash = "0304", "a name that stands for two things";
    MissingFile = "0305", "a file that is not there";
    CircularReference = "0306", "something made of itself";
    UnknownTag = "0307", "a tag that no state has";
    UnknownSchedule = "0308", "an unknown schedule";
    NotIndexed = "0309", "a field that nobody is found by";
    UnknownRole = "0310", "an unknown role";
    ContractMissing = "0311", "an adapter that another one's contract may be meant for";
    UnknownUnit = "0312", "an unknown unit";

    // 04xx: types and expressions.
    ExpressionSyntax = "0401", "not an expression";
    NotInLanguage = "0402", "syntax that this language does not have";
    ExpressionTooLarge = "0403", "an expression beyond the limits";
    UnknownFunction = "0404", "an unknown function";
    UnknownFilter = "0405", "an unknown filter";
    WrongArguments = "0406", "arguments that do not fit";
    NumberInExpression = "0407", "a number that cannot be used";
    UnusablePattern = "0408", "a pattern that cannot be used";
    UnknownVariable = "0409", "an unknown name in an expression";
    UnknownFieldInExpression = "0410", "an unknown field in an expression";
    TypeMismatch = "0411", "operands that never fit";
    NotBoolean = "0412", "a condition that is neither true nor false";
    NullOperand = "0413", "a value that is always empty";
    WrongType = "0414", "a value of another type than its place";

    // 05xx: states and transitions.
    FinalGoesOn = "0501", "a final state that goes on";
    HistoryIncomplete = "0502", "a history state that cannot be used";
    InitialMissing = "0503", "no word on where a state begins";
    TargetsApart = "0504", "targets that cannot be active at once";
    NeverTried = "0505", "a transition that is never tried";
    AmbiguousForms = "0506", "one event with several forms";
    PausesItself = "0507", "a pause that cannot work";
    DoneNever = "0508", "an `onDone` that never comes";
    FormsBeside = "0509", "one event with different forms at once";
    ValueBefore = "0510", "a guard that sees what an event has yet to write";

    // 06xx: fields and data.
    UnknownType = "0601", "an unknown type";
    UnusableLimit = "0602", "a limit that cannot be used";
    UnusableDefault = "0603", "a default that cannot be used";
    PersonalData = "0604", "personal data where it cannot be erased";

    // 07xx: understood and not built yet.

    // 08xx: what the graph shows.
    Unreachable = "0801", "a state that nothing leads to";
    NoWayOut = "0802", "a state from which no end is reached";
    EndlessCycle = "0803", "a circle that never comes to rest";

    // 09xx: tables, calendars and schedules.
    TableOfNoKind = "0901", "a table that is neither looked up nor decides";
    UnknownTable = "0902", "an unknown table";
    RowMisfit = "0903", "a row that does not fit its table";
    ConditionUnreadable = "0904", "a condition that cannot be read";
    TableGap = "0905", "values that no row answers";
    TableOverlap = "0906", "values that two rows answer";
    RowNeverReached = "0907", "a row that never answers";
    TableTestFails = "0908", "a table that answers otherwise than its test expects";
    RowsUnreadable = "0909", "rows that cannot be read from their file";
    CalendarUnnamed = "0910", "business time without a calendar";
    HoursUnreadable = "0911", "hours or a date that cannot be read";
    HoursMissing = "0912", "a calendar without hours";
    CronUnreadable = "0913", "a cron expression that cannot be read";
    NeverPlanned = "0914", "a schedule that never comes";
    ScheduleNotAdmitted = "0915", "a schedule that may not do what it is for";
    RolesApart = "0916", "roles that exclude one another";
    LiveMisplaced = "0917", "a live table where none can be used";

    // 10xx: a step.
    NoRest = "1001", "an input that does not come to rest";
    ActionFailed = "1002", "an action that cannot be run";
    SendsUnanswered = "1003", "too many sends without an answer";
    IntentsTooMany = "1004", "a step that asks for too much";
    RepeatTooFast = "1005", "a timer that repeats too fast";
    InstanceAbsent = "1006", "no such instance";
    ZoneUnknown = "1007", "a time zone that is none";
    EntryUnreadable = "1008", "a trail entry that cannot be read";
    StepTooLong = "1009", "an input that takes too long to work out";
    FailureUnanswered = "1010", "a failure that the workflow does not answer to";
    IndexTooLong = "1011", "more values than something is found by";
    UndoableTooMany = "1012", "too many invokes that may be undone";

    // 19xx: the engine round a step.
    Panicked = "1901", "a fault of the engine itself";
    ReadsEndless = "1902", "reads that never end";
    TimerNotTaken = "1903", "a timer that is not taken";
    ChartAbsent = "1904", "an instance without its chart";
    NotRefusable = "1905", "a value held by another, needed by the engine";
    NotStorable = "1906", "something that cannot be stored";

    // 20xx: the command line.
    FileUnreadable = "2001", "a file that cannot be read";
    StoreAddress = "2002", "not the address of a store";
    StoreUnopened = "2003", "a store that cannot be opened";
    InputUnreadable = "2004", "an input that cannot be read";
    PrincipalUnreadable = "2005", "a principal that cannot be read";
    InstanceUnnamed = "2006", "not the name of an instance";
    SettingUnusable = "2007", "a setting that cannot be used";
    SecretMissing = "2008", "a secret that is not there";
    PlaintextListener = "2009", "plain text beyond this machine";
    AddressUnusable = "2010", "an address that cannot be listened on";
    ServerSilent = "2011", "a server that does not answer";
    TrailBroken = "2012", "a trail that does not prove itself";
    StoreAbsent = "2013", "no database there yet";
    BundleUnreadable = "2014", "not an exported trail";
    OrderFileUnusable = "2015", "an OMA file that makes no order";
    WorkflowAbsent = "2016", "no workflow there";
    RecordsAbsent = "2017", "a file without a DCS record";
    ScenariosAbsent = "2018", "no scenarios there";
    TestNameUnknown = "2019", "a name that the test file does not hold";
    SimulationFailed = "2020", "a simulation that cannot begin";

    // 21xx: a request.
    Unauthenticated = "2101", "not signed in";
    RoleMissing = "2102", "a role that is missing";
    NotFound = "2103", "nothing there";
    MethodUnknown = "2104", "a method that is not known here";
    BodyTooLarge = "2105", "a body that is too large";
    MediaUnsupported = "2106", "a media type that is not taken";
    BodyUnreadable = "2107", "a body that cannot be read";
    ParameterUnreadable = "2108", "a parameter that cannot be read";
    IdempotencyKeyReused = "2109", "an idempotency key used for something else";
    RevisionStale = "2110", "a revision that is not the latest";
    RaceLost = "2111", "someone else was faster";
    Overloaded = "2112", "too much at once";
    StoreAway = "2113", "the database is away";
    TimedOut = "2114", "no answer in time";
    HeadersTooLarge = "2115", "too many or too long headers";
    Internal = "2116", "a fault of the server";
    ShuttingDown = "2117", "a server that is shutting down";
    StoreFull = "2118", "a database without room";
    NotProved = "2119", "not proved who it is";

    // 22xx: the engine's no.
    Forbidden = "2201", "not permitted";
    InputInvalid = "2202", "an input that does not fit its form";
    GuardFalse = "2203", "a condition that does not hold";
    Paused = "2204", "a pause";
    ReasonMissing = "2205", "a reason that is missing";
    Conflicting = "2206", "something that is there already";
    Ignored = "2207", "an event that nothing answers to";
    DefinitionRefused = "2208", "a definition that was refused";
    Damaged = "2209", "stored data that is damaged";
    SignatureMissing = "2210", "a signature that is missing";
    TaskHeld = "2211", "a task that is held or closed";
    BehindGlass = "2212", "nothing there, or nothing that you have opened";
    CountTooLarge = "2213", "more instances than are counted";
    ViewTooLarge = "2214", "a view of more than can be shown";
    NotThen = "2215", "a moment of which nothing can be shown";

    // 23xx: a file.
    FileNotTaken = "2301", "a file of a kind that is not taken";
    FileTooLarge = "2302", "a file that is too large";
    FilesPending = "2303", "too many uploads that wait";
    FileInfected = "2304", "a file that does harm";
    ScannerAway = "2305", "a scanner that does not answer";
}

impl Code {
    /// The code with this number, written as `SW-0111`.
    pub fn parse(text: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn numbers_have_four_digits_and_ascend() {
        for code in Code::ALL {
            let digits = code.as_str().strip_prefix("SW-").unwrap_or("");
            assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()), "{code}");
            assert_eq!(Code::parse(code.as_str()), Some(*code));
        }
        assert!(
            Code::ALL.is_sorted_by(|a, b| a.as_str() < b.as_str()),
            "the table is kept in the order of its numbers"
        );
    }

    #[test]
    fn every_page_has_its_code() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        let pages: BTreeSet<String> = std::fs::read_dir(&folder)
            .expect("the folder of pages is part of the repository")
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with("SW-"))
            .collect();
        let codes: BTreeSet<String> = Code::ALL.iter().map(|code| format!("{code}.md")).collect();
        assert_eq!(pages, codes);
    }
}
