//! How much of anything a file may hold. All far beyond what a person writes, all small enough to answer at once.

/// Bytes in one file. The largest workflow seen has 8 KiB; a table of a product catalogue may have some hundred.
pub const BYTES_MAX: usize = 1 << 20;

/// Values written in one file, keys included: a MiB of the shortest useful lines.
pub const NODES_MAX: usize = 50_000;

/// Values when every alias is written out. An alias costs nothing here, but whoever walks the tree walks it again each time.
pub const EXPANDED_NODES_MAX: usize = 100_000;

/// Mappings and lists inside one another, aliases included. Keeps every recursive reader of the tree off the stack's end.
pub const DEPTH_MAX: usize = 64;

/// Uses of anchors in one file.
pub const ALIASES_MAX: usize = 1_000;

/// How often a file is read again after passing over what could not be read. Someone with this many faults starts at the top anyway.
pub const RECOVERIES_MAX: usize = 50;
