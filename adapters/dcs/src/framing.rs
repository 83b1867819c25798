//! Packets: `<FS>` records `<RS>` `CRC=n<CR>` `<GS>`, and the checksum's arithmetic and policy.
//!
//! The checksum is CRC-16/XMODEM over every byte after `<FS>` up to and including `<RS>`, as a decimal number. Files have no packets.

use crc::{CRC_16_XMODEM, Crc};
use serde::{Deserialize, Serialize};

use crate::limits::PACKETS_MAX;
use crate::line::line_ends;

/// Starts a packet.
pub const FS: u8 = 0x1c;
/// Ends a packet.
pub const GS: u8 = 0x1d;
/// Stands between a packet's records and its checksum.
pub const RS: u8 = 0x1e;
/// The receiver has the packet.
pub const ACK: u8 = 0x06;
/// The receiver wants the packet again.
pub const NAK: u8 = 0x15;

const CRC_LABEL: &str = "CRC=";

/// What to do, device by device, about a packet whose checksum is missing or wrong: real devices send both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrcPolicy {
    /// Read it. The report's `crc` still says what was found.
    Ignore,
    /// Read it, with a warning. Bytes outside packets (files) have no checksum to miss and give none.
    #[default]
    Warn,
    /// Read nothing that has no right checksum, files included; answer the device with NAK.
    Refuse,
}

/// What the checksum of a packet, or of all packets of an input together, came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CrcCheck {
    /// None was sent.
    Absent,
    /// It is right.
    Ok { value: u16 },
    /// The packet states `expected` (null when that is no number), its bytes give `actual`.
    Failed { expected: Option<u32>, actual: u16 },
}

/// A stretch of the input: one packet, or bytes outside packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// All its bytes, framing included.
    pub raw: &'a [u8],
    /// The records' bytes.
    pub body: &'a [u8],
    /// The line of the input in which the body begins, counted from 1.
    pub line: u32,
    /// The packet, or none for bytes outside packets.
    pub packet: Option<Packet>,
}

/// What is known of a packet besides its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    pub crc: CrcCheck,
    /// Whether `<GS>` was there. Without it the packet may have been cut off.
    pub closed: bool,
}

/// The checksum of a packet's body with its `<RS>`.
pub fn checksum(body_and_separator: &[u8]) -> u16 {
    const XMODEM: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);
    XMODEM.checksum(body_and_separator)
}

/// Splits an input into packets and what stands between them; every byte is in exactly one segment. After [`PACKETS_MAX`] packets the
/// rest is one segment outside packets.
pub fn split(bytes: &[u8]) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut rest = bytes;
    let mut line = 1;
    while !rest.is_empty() {
        let packet_allowed = segments.len() < 2 * PACKETS_MAX;
        let start = rest.iter().position(|&byte| byte == FS).filter(|_| packet_allowed);
        let segment = match start {
            Some(0) => packet(rest, line),
            Some(start) => outside(&rest[..start], line),
            None => outside(rest, line),
        };
        line = line.saturating_add(line_ends(segment.raw));
        rest = &rest[segment.raw.len()..];
        segments.push(segment);
    }
    segments
}

/// A packet round these records, with a checksum or without.
pub fn enclose(body: &[u8], with_checksum: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len() + 16);
    bytes.push(FS);
    bytes.extend_from_slice(body);
    if with_checksum {
        bytes.push(RS);
        let value = checksum(&bytes[1..]);
        bytes.extend_from_slice(format!("{CRC_LABEL}{value}\r").as_bytes());
    }
    bytes.push(GS);
    bytes
}

fn outside(raw: &[u8], line: u32) -> Segment<'_> {
    Segment {
        raw,
        body: raw,
        line,
        packet: None,
    }
}

/// The packet that begins with `bytes[0]`, which is `<FS>`.
fn packet(bytes: &[u8], line: u32) -> Segment<'_> {
    let inner_length = bytes[1..]
        .iter()
        .position(|&byte| byte == GS || byte == FS)
        .unwrap_or(bytes.len() - 1);
    let inner = &bytes[1..=inner_length];
    let closed = bytes.get(1 + inner_length) == Some(&GS);
    let raw = &bytes[..1 + inner_length + usize::from(closed)];
    let (body, crc) = match inner.iter().rposition(|&byte| byte == RS) {
        Some(separator) => (&inner[..separator], check(&inner[..=separator], &inner[separator + 1..])),
        None => (inner, CrcCheck::Absent),
    };
    Segment {
        raw,
        body,
        line,
        packet: Some(Packet { crc, closed }),
    }
}

fn check(body_and_separator: &[u8], trailer: &[u8]) -> CrcCheck {
    let actual = checksum(body_and_separator);
    let digits = std::str::from_utf8(trailer)
        .ok()
        .and_then(|text| text.trim().strip_prefix(CRC_LABEL));
    let expected = digits
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok());
    if expected == Some(u32::from(actual)) {
        CrcCheck::Ok { value: actual }
    } else {
        CrcCheck::Failed { expected, actual }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_packets(bytes: &[u8], expected: &[(&[u8], u32, Option<CrcCheck>, bool)]) {
        let segments = split(bytes);
        let found: Vec<_> = segments
            .iter()
            .map(|segment| {
                (
                    segment.body,
                    segment.line,
                    segment.packet.map(|packet| packet.crc),
                    segment.packet.is_none_or(|packet| packet.closed),
                )
            })
            .collect();
        assert_eq!(found, expected);
        let joined: Vec<u8> = segments.iter().flat_map(|segment| segment.raw.to_vec()).collect();
        assert_eq!(joined, bytes, "no byte is lost");
    }

    #[test]
    fn the_checksum_of_captured_packets() {
        assert_eq!(checksum(b"REQ=TRC\rJOB=98_50X50\r\x1e"), 19087);
        assert_eq!(checksum(b"REQ=TRC\rJOB=2014112700002\r\x1e"), 18761);
    }

    #[test]
    fn a_packet_with_its_checksum() {
        let bytes = b"\x1cREQ=TRC\rJOB=98_50X50\r\x1eCRC=19087\r\x1d";
        check_packets(
            bytes,
            &[(b"REQ=TRC\rJOB=98_50X50\r", 1, Some(CrcCheck::Ok { value: 19087 }), true)],
        );
        assert_eq!(enclose(b"REQ=TRC\rJOB=98_50X50\r", true), bytes);
    }

    #[test]
    fn a_wrong_or_unreadable_checksum() {
        for (trailer, expected) in [
            ("CRC=19086\r", Some(19086)),
            ("CRC=99999\r", Some(99999)),
            ("CRC=\r", None),
            ("CRC=+19087\r", None),
            ("", None),
        ] {
            let bytes = format!("\x1cREQ=TRC\rJOB=98_50X50\r\x1e{trailer}\x1d");
            check_packets(
                bytes.as_bytes(),
                &[(
                    b"REQ=TRC\rJOB=98_50X50\r",
                    1,
                    Some(CrcCheck::Failed { expected, actual: 19087 }),
                    true,
                )],
            );
        }
    }

    #[test]
    fn several_packets_with_answers_between_them() {
        check_packets(
            b"\x06\x1cA=1\r\x1d\r\n\x1cB=2\rC=3\r\x1d",
            &[
                (b"\x06", 1, None, true),
                (b"A=1\r", 1, Some(CrcCheck::Absent), true),
                (b"\r\n", 2, None, true),
                (b"B=2\rC=3\r", 3, Some(CrcCheck::Absent), true),
            ],
        );
    }

    #[test]
    fn a_packet_cut_off() {
        check_packets(b"\x1cA=1\r", &[(b"A=1\r", 1, Some(CrcCheck::Absent), false)]);
        check_packets(
            b"\x1cA=1\r\x1cB=2\r\x1d",
            &[
                (b"A=1\r", 1, Some(CrcCheck::Absent), false),
                (b"B=2\r", 2, Some(CrcCheck::Absent), true),
            ],
        );
        check_packets(b"\x1c", &[(b"", 1, Some(CrcCheck::Absent), false)]);
        check_packets(b"\x1c\x1d", &[(b"", 1, Some(CrcCheck::Absent), true)]);
    }

    #[test]
    fn packets_beyond_the_limit_are_not_split() {
        let bytes = vec![FS; 2 * PACKETS_MAX + 500];
        assert_eq!(split(&bytes).len(), 2 * PACKETS_MAX + 1);
    }
}
