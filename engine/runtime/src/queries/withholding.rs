//! Which cells of a table of counts are not given, so that nobody is told of a few.
//!
//! A cell of fewer than the least number is withheld. What is withheld together must not be computed from what is given: whoever has the
//! sum of all cells and all but one of them has that one too. So as long as one cell alone is withheld, or those that are withheld come
//! together to less than the least number, the smallest of the given ones is withheld as well.

/// What of a table is not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Withheld {
    pub cells: Vec<bool>,
    /// Nor the sum of all of them.
    pub total: bool,
}

/// `parts`: how many each cell holds of what is not seen anyway. `forced`: cells that are not given whatever they hold.
pub(super) fn withhold(parts: &[u64], forced: &[bool], least: u64) -> Withheld {
    let mut cells: Vec<bool> = parts
        .iter()
        .zip(forced)
        .map(|(part, forced)| *forced || *part < least)
        .collect();
    loop {
        let hidden = || parts.iter().zip(&cells).filter(|(part, withheld)| **withheld && **part > 0);
        let together: u64 = hidden().map(|(part, _)| *part).sum();
        if together == 0 || (together >= least && hidden().count() >= 2) {
            break;
        }
        let given = parts.iter().zip(&cells).enumerate().filter(|(_, (_, withheld))| !**withheld);
        let Some((smallest, _)) = given.min_by_key(|(_, (part, _))| **part) else {
            break;
        };
        cells[smallest] = true;
    }
    Withheld {
        cells,
        total: parts.iter().sum::<u64>() < least,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Chance;

    const SEED: u64 = 7;

    fn check(parts: &[u64], least: u64, given: &[u64], total: bool) {
        let forced = vec![false; parts.len()];
        let withheld = withhold(parts, &forced, least);
        let left: Vec<u64> = parts
            .iter()
            .zip(&withheld.cells)
            .filter(|(_, withheld)| !**withheld)
            .map(|(part, _)| *part)
            .collect();
        assert_eq!(
            (left.as_slice(), !withheld.total),
            (given, total),
            "{parts:?} of at least {least}"
        );
    }

    #[test]
    fn a_small_cell_takes_another_with_it() {
        check(&[], 5, &[], false);
        check(&[4], 5, &[], false);
        check(&[5], 5, &[5], true);
        check(&[5, 6], 5, &[5, 6], true);
        // one alone would be the difference
        check(&[4, 7, 9], 5, &[9], true);
        // two that come to fewer than five together would be a cell of too few
        check(&[2, 2, 9, 12], 5, &[12], true);
        check(&[3, 2, 9], 5, &[9], true);
        check(&[3, 9], 5, &[], true);
        check(&[1, 1, 1], 5, &[], false);
        check(&[1, 1, 3], 5, &[], true);
        check(&[0, 3], 0, &[0, 3], true);
    }

    #[test]
    fn what_is_withheld_for_another_reason_is_protected_as_well() {
        let withheld = withhold(&[8, 9, 7], &[false, true, false], 5);
        assert_eq!(withheld.cells, [false, true, true], "the smallest of the others goes with it");
        let empty = withhold(&[8, 0], &[false, true], 5);
        assert_eq!(empty.cells, [false, true], "nothing is hidden in it");
    }

    /// Whoever knows how it is done, and is given the total, still finds more than one table for what is withheld.
    #[test]
    fn no_cell_below_the_least_is_given_and_none_is_the_difference_of_what_is() {
        let mut chance = Chance::of(SEED);
        for _ in 0..20_000 {
            let least = chance.below(12);
            let parts: Vec<u64> = (0..chance.below(9)).map(|_| chance.below(20)).collect();
            let forced: Vec<bool> = parts.iter().map(|_| chance.below(10) == 0).collect();
            let Withheld { cells, total } = withhold(&parts, &forced, least);
            let told = format!("{parts:?} {forced:?} of at least {least}: {cells:?} {total}");
            let given = |position: usize| !cells[position];
            let all: u64 = parts.iter().sum();
            let mut rest = all;
            let mut hidden = 0;
            for (position, part) in parts.iter().enumerate() {
                if given(position) {
                    assert!(*part >= least && !forced[position], "{told}");
                    rest -= part;
                } else if *part > 0 {
                    hidden += 1;
                }
            }
            assert_eq!(total, all < least, "{told}");
            if rest > 0 && !total {
                // with nothing given beside it, the total is all that is said
                let alone = cells.iter().all(|withheld| *withheld);
                assert!(rest >= least && (hidden >= 2 || alone), "{told}");
            }
        }
    }
}
