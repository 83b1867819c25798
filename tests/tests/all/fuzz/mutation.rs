//! Inputs near to known ones.

use statewright_tests::random::Random;

/// Changes of one input at most.
const CHANGES_MAX: u64 = 8;

/// Bytes that one change takes, doubles or moves at most.
const STRETCH_BYTES_MAX: u64 = 40;

/// Bytes of an input at most, so that a round is quick.
const INPUT_BYTES_MAX: usize = 16 * 1024;

/// What inputs are made of.
pub struct Mutation<'a> {
    pub known: &'a [Vec<u8>],
    pub pieces: &'a [&'static str],
}

impl Mutation<'_> {
    /// One of the known inputs with some changes.
    pub fn of_any(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = pick(self.known, random).clone();
        for _ in 0..random.between(1, CHANGES_MAX) {
            self.change(&mut bytes, random);
        }
        bytes.truncate(INPUT_BYTES_MAX);
        bytes
    }

    fn change(&self, bytes: &mut Vec<u8>, random: &mut Random) {
        let length = bytes.len() as u64;
        let start = random.below(length + 1) as usize;
        let end = (start + random.below(STRETCH_BYTES_MAX) as usize).min(bytes.len());
        match random.below(7) {
            0 => drop(bytes.drain(start..end)),
            1 => {
                let stretch = bytes[start..end].to_vec();
                insert(bytes, random.below(length + 1) as usize, &stretch);
            }
            2 => {
                let other = pick(self.known, random);
                let from = random.below(other.len() as u64 + 1) as usize;
                let to = (from + random.below(STRETCH_BYTES_MAX) as usize).min(other.len());
                insert(bytes, start, &other[from..to]);
            }
            3 if start < bytes.len() => bytes[start] = random.below(256) as u8,
            4 if start < bytes.len() => bytes[start] ^= 1 << random.below(8),
            5 => drop(bytes.splice(start..end, pick(self.pieces, random).bytes())),
            _ => insert(bytes, start, pick(self.pieces, random).as_bytes()),
        }
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, more: &[u8]) {
    bytes.splice(at..at, more.iter().copied());
}

fn pick<'a, T>(from: &'a [T], random: &mut Random) -> &'a T {
    &from[random.below(from.len() as u64) as usize]
}
