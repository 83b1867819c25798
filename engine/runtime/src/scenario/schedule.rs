//! The order in which what races happens: one choice after the other, so that all of them can be gone through.

/// Orders of one scenario's races that are gone through. Two inputs have a few, three some dozens; of more a race says little that a
/// person could follow.
pub const ORDERS_MAX: usize = 1_000;

/// Runs of one scenario, those that turn out to be of no order of their own included.
const RUNS_MAX: usize = 5 * ORDERS_MAX;

/// The choices of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedule {
    /// What was chosen, of how many.
    taken: Vec<(usize, usize)>,
    /// How many of these are chosen already.
    position: usize,
    runs: usize,
}

impl Schedule {
    /// One of `options`: as planned, and beyond what is planned the first.
    pub fn choose(&mut self, options: usize) -> usize {
        if self.position == self.taken.len() {
            self.taken.push((0, options));
        }
        let chosen = self.taken.get(self.position).map_or(0, |(chosen, _)| *chosen);
        self.position += 1;
        chosen
    }

    /// What was chosen last had nothing to do, and nothing has come of it: the next option in its place, if there is one.
    pub fn choose_again(&mut self) -> Option<usize> {
        let (chosen, options) = self.taken.last_mut().filter(|(chosen, options)| chosen + 1 < *options)?;
        debug_assert!(*chosen < *options, "a choice is among its options");
        *chosen += 1;
        Some(*chosen)
    }

    /// What is made of the next run; None: every order was gone through.
    pub fn next(mut self) -> Option<Schedule> {
        self.taken.truncate(self.position);
        while let Some((chosen, options)) = self.taken.pop() {
            if chosen + 1 < options {
                self.taken.push((chosen + 1, options));
                self.position = 0;
                self.runs += 1;
                return Some(self);
            }
        }
        None
    }

    /// Whether there are too many to go through.
    pub fn is_endless(&self) -> bool {
        self.runs >= RUNS_MAX
    }

    /// Whether so many inputs alone have more orders than are gone through.
    pub fn is_too_much(inputs: usize) -> bool {
        let orders = (1..=inputs).try_fold(1_usize, usize::checked_mul);
        orders.is_none_or(|orders| orders > ORDERS_MAX)
    }
}

pub(super) fn too_many_orders() -> String {
    format!("its races have more than {ORDERS_MAX} orders: race fewer steps at once, or in scenarios of their own")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_is_gone_once() {
        let mut ways = Vec::new();
        let mut schedule = Some(Schedule::default());
        while let Some(mut run) = schedule {
            let first = run.choose(3);
            let way = match first {
                0 => vec![first],
                _ => vec![first, run.choose(2)],
            };
            ways.push(way);
            schedule = run.next();
        }
        assert_eq!(ways, [vec![0], vec![1, 0], vec![1, 1], vec![2, 0], vec![2, 1]]);
    }
}
