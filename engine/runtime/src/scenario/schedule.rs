//! The order in which what races happens: one choice after the other, so that all of them can be gone through.

/// Orders of one race that are gone through. Two inputs have a few, three some dozens; of more a race says little that a person could
/// follow.
pub const ORDERS_MAX: usize = 2_000;

/// Runs of one scenario, those that turn out to be of no order of their own included.
const RUNS_MAX: usize = 10 * ORDERS_MAX;

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
