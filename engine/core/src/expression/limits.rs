//! How much an expression may be and do. Publishing a workflow is publishing code, and code of strangers has a budget.

/// Bytes of one expression: several times the longest that anybody can still read.
pub const EXPRESSION_BYTES_MAX: usize = 8_192;

/// Tokens of one expression; it also bounds how deep the parser's tree can be, which is built and dropped recursively.
pub const EXPRESSION_TOKENS_MAX: usize = 1_000;

/// `not` and `-` in a row: the parser recurses for each, and nobody means more than two.
pub const PREFIXES_IN_A_ROW_MAX: usize = 8;

/// How deep the tree of an expression may be: evaluation recurses.
pub const EXPRESSION_DEPTH_MAX: usize = 64;

/// Bytes of one template: a page of text.
pub const TEMPLATE_BYTES_MAX: usize = 65_536;

/// Steps of one evaluation: terms evaluated, items visited and pieces of text moved; some tens of milliseconds.
pub const FUEL_MAX: u64 = 1_000_000;

/// Steps of all evaluations of one input together: twice what a single expression may take, a fraction of a second in which a node
/// does nothing else.
pub const STEP_FUEL_MAX: u64 = 2 * FUEL_MAX;

/// Parts of a list or an object that cost one unit of fuel when it is looked through as a whole, which is quicker than evaluating.
pub const PARTS_PER_FUEL: usize = 8;

/// Bytes of text that cost one unit of fuel.
pub const TEXT_BYTES_PER_FUEL: usize = 64;

/// Items of a list that an expression makes: above any list that a form, a read (1,000) or a table gives.
pub const LIST_ITEMS_MAX: usize = 10_000;

/// Bytes of a text that an expression makes: above any sentence, below what would fill a store.
pub const RESULT_TEXT_BYTES_MAX: usize = 262_144;

/// Bytes that the compiled form of one pattern of `matches` may take, so that a short pattern cannot fill memory.
pub const PATTERN_BYTES_MAX: usize = 262_144;

/// Values that an explanation shows for one clause: more than a person compares at a glance.
pub const SEEN_PER_CLAUSE_MAX: usize = 12;

/// Bytes of one value in an explanation before it is cut.
pub const SEEN_TEXT_BYTES_MAX: usize = 120;
