//! What can go wrong around a server, and for how long.

use statewright_tests::proxy::Weather;
use statewright_tests::random::Random;

/// A fault, and whom it strikes: a member by its place, or the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    KillNode(usize),
    PauseNode(usize),
    KillDatabase,
    PauseDatabase,
    /// Every connection of a node to the database ends.
    CutNode(usize),
    /// What is answered to the next commits of a node does not arrive.
    LoseAnswers(usize, u32),
    /// How a node reaches the database meanwhile.
    Weather(usize, Weather),
}

/// Longer than a lease (`works::LEASE`), so that others take on what a paused node holds.
const NODE_PAUSE_MS: (u64, u64) = (3_500, 6_000);

/// Longer than callers wait for a connection, shorter than they wait for an answer.
const DATABASE_PAUSE_MS: (u64, u64) = (300, 5_000);

/// Every other outage: some end before anyone notices.
const OUTAGE_MS: (u64, u64) = (50, 4_000);

/// A chunk is held up by at most so much: a network across a continent on a bad day.
const DELAY_MS_MAX: u64 = 120;

/// At most so slow: bytes in a millisecond. One tenth of what the load needs.
const BYTES_IN_MS: (u64, u64) = (10, 200);

/// Answers that are lost together at most: more than an input is tried again for within one node.
const LOST_MAX: u64 = 6;

impl Fault {
    /// Each kind about as often as any other, each node too.
    pub fn choose(random: &mut Random, nodes: usize) -> Fault {
        let node = random.below(nodes as u64) as usize;
        let weather = |weather: Weather| Fault::Weather(node, weather);
        match random.below(9) {
            0 => Fault::KillNode(node),
            1 => Fault::PauseNode(node),
            2 => Fault::KillDatabase,
            3 => Fault::PauseDatabase,
            4 => Fault::CutNode(node),
            5 => Fault::LoseAnswers(node, random.between(1, LOST_MAX) as u32),
            6 => weather(Weather {
                refusing: true,
                ..Weather::default()
            }),
            7 => weather(Weather {
                held: true,
                ..Weather::default()
            }),
            _ => weather(Weather {
                delay_ms: random.between(1, DELAY_MS_MAX),
                bytes_in_ms: random.between(BYTES_IN_MS.0, BYTES_IN_MS.1),
                ..Weather::default()
            }),
        }
    }

    pub fn lasts_ms(self, random: &mut Random) -> u64 {
        let (least, most) = match self {
            Fault::PauseNode(_) => NODE_PAUSE_MS,
            Fault::PauseDatabase => DATABASE_PAUSE_MS,
            _ => OUTAGE_MS,
        };
        random.between(least, most)
    }

    /// What it is counted under.
    pub fn name(self) -> &'static str {
        match self {
            Fault::KillNode(_) => "node killed",
            Fault::PauseNode(_) => "node paused",
            Fault::KillDatabase => "database killed",
            Fault::PauseDatabase => "database paused",
            Fault::CutNode(_) => "connections cut",
            Fault::LoseAnswers(..) => "answers lost",
            Fault::Weather(_, Weather { refusing: true, .. }) => "connections refused",
            Fault::Weather(_, Weather { held: true, .. }) => "network held",
            Fault::Weather(..) => "network slow",
        }
    }

    /// The node that it strikes; none: all of them.
    pub fn node(self) -> Option<usize> {
        match self {
            Fault::KillDatabase | Fault::PauseDatabase => None,
            Fault::KillNode(node)
            | Fault::PauseNode(node)
            | Fault::CutNode(node)
            | Fault::LoseAnswers(node, _)
            | Fault::Weather(node, _) => Some(node),
        }
    }
}
