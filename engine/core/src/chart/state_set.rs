//! Sets of states as bits: a configuration is copied, compared and searched on every microstep.

use super::StateIndex;

/// How many states a chart may have. A chart beyond this cannot be read by people; and a set of this size is copied in a few
/// instructions.
pub const STATES_MAX: usize = 512;

const WORDS: usize = STATES_MAX / 64;

/// A set of states of one chart. Iterates in document order.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateSet {
    words: [u64; WORDS],
}

impl StateSet {
    pub fn insert(&mut self, state: StateIndex) {
        if let Some(word) = self.words.get_mut(usize::from(state.0) / 64) {
            *word |= 1 << (state.0 % 64);
        }
    }

    pub fn remove(&mut self, state: StateIndex) {
        if let Some(word) = self.words.get_mut(usize::from(state.0) / 64) {
            *word &= !(1 << (state.0 % 64));
        }
    }

    pub fn contains(&self, state: StateIndex) -> bool {
        self.words
            .get(usize::from(state.0) / 64)
            .is_some_and(|word| word & (1 << (state.0 % 64)) != 0)
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub fn intersects(&self, other: &StateSet) -> bool {
        self.words.iter().zip(&other.words).any(|(mine, theirs)| mine & theirs != 0)
    }

    pub fn insert_all(&mut self, other: &StateSet) {
        self.words
            .iter_mut()
            .zip(&other.words)
            .for_each(|(mine, theirs)| *mine |= theirs);
    }

    pub fn without(mut self, other: &StateSet) -> StateSet {
        self.words
            .iter_mut()
            .zip(&other.words)
            .for_each(|(mine, theirs)| *mine &= !theirs);
        self
    }

    /// Against document order: innermost states before those that hold them.
    pub fn iter_back(&self) -> impl Iterator<Item = StateIndex> {
        let mut words = self.words;
        let mut word = WORDS;
        std::iter::from_fn(move || {
            while let Some(bits) = words.get_mut(word.checked_sub(1)?) {
                if *bits != 0 {
                    let bit = 63 - bits.leading_zeros() as usize;
                    *bits &= !(1 << bit);
                    return Some(StateIndex(((word - 1) * 64 + bit) as u16));
                }
                word -= 1;
            }
            None
        })
    }

    /// In document order, by skipping what is not set.
    pub fn iter(&self) -> States {
        States {
            words: self.words,
            word: 0,
        }
    }
}

/// See [`StateSet::iter`].
pub struct States {
    words: [u64; WORDS],
    word: usize,
}

impl Iterator for States {
    type Item = StateIndex;

    fn next(&mut self) -> Option<StateIndex> {
        while let Some(bits) = self.words.get_mut(self.word) {
            if *bits != 0 {
                let bit = bits.trailing_zeros() as usize;
                *bits &= *bits - 1;
                return Some(StateIndex((self.word * 64 + bit) as u16));
            }
            self.word += 1;
        }
        None
    }
}

impl FromIterator<StateIndex> for StateSet {
    fn from_iter<I: IntoIterator<Item = StateIndex>>(states: I) -> Self {
        let mut set = StateSet::default();
        states.into_iter().for_each(|state| set.insert(state));
        set
    }
}

impl std::fmt::Debug for StateSet {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.iter().map(|state| state.0)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_in_document_order() {
        let set: StateSet = [511, 3, 64, 63].into_iter().map(StateIndex).collect();
        let listed: Vec<u16> = set.iter().map(|state| state.0).collect();
        assert_eq!(listed, [3, 63, 64, 511]);
        let back: Vec<u16> = set.iter_back().map(|state| state.0).collect();
        assert_eq!(back, [511, 64, 63, 3]);
        assert!(set.contains(StateIndex(64)) && !set.contains(StateIndex(65)));
    }

    #[test]
    fn a_state_beyond_the_limit_is_never_a_member() {
        let mut set = StateSet::default();
        set.insert(StateIndex(u16::MAX));
        assert!(set.is_empty() && !set.contains(StateIndex(u16::MAX)));
    }
}
