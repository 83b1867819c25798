//! The limits of this crate. A device is not trusted to stop; each limit is far above anything seen on a real line.

/// Longest input read. The largest captured packet is 23 kB and the largest lens-design answer 8 kB; the rest is room for drilling and
/// engraving data. A longer input is refused as a whole.
pub const INPUT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Longest line read. The standard allows 80 characters, yet a vendor's trace of 3,042 characters in one line exists. A longer line is
/// refused, since half a record is worse than none.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// Longest line written, its line end included: the standard's limit.
pub const LINE_BYTES_WRITTEN_MAX: usize = 80;

/// Longest label. The standard's are at most 9 characters; private ones are longer.
pub const LABEL_BYTES_MAX: usize = 32;

/// Most records in one input. A lens-design answer has about 300 lines.
pub const RECORDS_MAX: usize = 50_000;

/// Most points in one trace. Tracers send 360 to 1,000; a radius every 0.02 degrees is more than any can measure.
pub const POINTS_MAX: usize = 16_384;

/// Fewest points that enclose an area.
pub const POINTS_MIN: usize = 3;

/// Longest radius believed, in 1/100 mm: 100 mm. Blanks are below 45 mm; more is another unit or a fault.
pub const RADIUS_HUNDREDTHS_MAX: f64 = 10_000.0;

/// Most packets in one input. A session is a handful.
pub const PACKETS_MAX: usize = 1_000;

/// Most warnings in one report. Whoever sends more has another problem than the 201st; how many were left out is said.
pub const WARNINGS_MAX: usize = 200;

/// Most characters of foreign text quoted in a warning, so that a warning stays a sentence.
pub const EXCERPT_CHARACTERS_MAX: usize = 40;

/// Most digits of a decimal: the workflow language's own limit for exact decimals.
pub const DECIMAL_DIGITS_MAX: usize = 28;
