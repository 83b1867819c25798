//! A course of faults: what goes wrong when, several things at once, and what became of the answers meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use statewright_tests::client::Client;
use statewright_tests::proxy::Weather;
use statewright_tests::random::Random;
use statewright_tests::wait;
use tokio::time::Instant;

use super::fault::Fault;
use super::member::Member;
use super::works::Works;

/// From the beginning of one fault to that of the next: often before the one before is over.
const BETWEEN_MS: (u64, u64) = (100, 2_500);

/// Faults at once at most; with more there is nothing left that could answer.
const AT_ONCE_MAX: usize = 3;

/// What happened for so long before the longest stall is told too: most of what strikes then lasts no longer.
const BEFORE_STALL: Duration = Duration::from_secs(5);

/// How often everyone is looked after.
const LOOK_EVERY_MS: u64 = 5;

/// Three servers and their database, and all that happened to them.
pub struct Course {
    members: Vec<Member>,
    random: Random,
    client: Client,
    begun: Instant,
    under_way: Vec<(Instant, Fault)>,
    database_is_up: bool,
    counts: BTreeMap<&'static str, u64>,
    diary: Diary,
    stall: Stall,
}

/// What happened when; told where the test fails.
pub struct Diary(Vec<(Duration, String)>);

/// The longest time without an answer while somebody could have given one.
struct Stall {
    since: Instant,
    answers: u64,
    longest: Duration,
    /// When the longest began, from the beginning of the course.
    at: Duration,
}

impl Course {
    pub async fn begin(works: &Works, names: &[&str], random: Random) -> Course {
        let mut members = Vec::new();
        for name in names {
            members.push(Member::begin(&works.site, name).await);
        }
        let begun = Instant::now();
        Course {
            members,
            random,
            client: Client::new(),
            begun,
            under_way: Vec::new(),
            database_is_up: true,
            counts: BTreeMap::new(),
            diary: Diary(Vec::new()),
            stall: Stall {
                since: begun,
                answers: 0,
                longest: Duration::ZERO,
                at: Duration::ZERO,
            },
        }
    }

    /// Lets things go wrong for so long.
    pub async fn run(&mut self, works: &mut Works, lasts: Duration) {
        let mut next = self.begun;
        while self.begun.elapsed() < lasts {
            self.look(works).await;
            self.end_faults(works, false).await;
            if Instant::now() >= next {
                if self.under_way.len() < AT_ONCE_MAX {
                    let fault = Fault::choose(&mut self.random, self.members.len());
                    self.strike(works, fault).await;
                }
                next = Instant::now() + Duration::from_millis(self.random.between(BETWEEN_MS.0, BETWEEN_MS.1));
            }
            wait::distance(LOOK_EVERY_MS).await;
        }
        self.end_faults(works, true).await;
        for member in &self.members {
            member.network.lose_no_more();
        }
        self.all_up(works).await;
    }

    /// Waits until every server takes requests again, and each client has got an answer.
    async fn all_up(&mut self, works: &mut Works) {
        let goal = works.answers() + 1;
        wait::until("every server to be up again", wait::DEADLINE, async || {
            self.look(works).await;
            let all = self.members.iter().all(Member::is_up);
            (all && works.answers() >= goal).then_some(())
        })
        .await;
        self.note("everything is up".to_owned());
    }

    async fn look(&mut self, works: &mut Works) {
        works.watch();
        for member in &mut self.members {
            member.look_after(&self.client).await;
        }
        let could_answer = self.database_is_up && self.members.iter().any(Member::is_reachable);
        self.stall.look(works.answers(), could_answer, self.begun);
    }

    async fn strike(&mut self, works: &mut Works, fault: Fault) {
        let hits_the_same = |(_, other): &(Instant, Fault)| other.node() == fault.node() && other.name() == fault.name();
        let cannot = match fault {
            Fault::KillNode(node) | Fault::PauseNode(node) => !self.members[node].is_up(),
            Fault::KillDatabase | Fault::PauseDatabase => !self.database_is_up,
            Fault::Weather(node, _) => self.members[node].network.weather() != Weather::default(),
            Fault::CutNode(_) | Fault::LoseAnswers(..) => false,
        };
        if cannot || self.under_way.iter().any(hits_the_same) {
            return;
        }
        let lasts_ms = fault.lasts_ms(&mut self.random);
        self.note(format!("{fault:?} for {lasts_ms} ms"));
        *self.counts.entry(fault.name()).or_default() += 1;
        match fault {
            Fault::KillNode(node) => self.members[node].kill().await,
            Fault::PauseNode(node) => self.members[node].pause(),
            Fault::KillDatabase => works.site.database.cluster().kill(),
            Fault::PauseDatabase => works.site.database.cluster().pause(),
            Fault::CutNode(node) => self.members[node].network.cut(),
            Fault::LoseAnswers(node, count) => self.members[node].network.lose_answers(count),
            Fault::Weather(node, weather) => self.members[node].network.set(weather),
        }
        if fault.node().is_none() {
            self.database_is_up = false;
        }
        self.under_way.push((Instant::now() + Duration::from_millis(lasts_ms), fault));
    }

    async fn end_faults(&mut self, works: &mut Works, all: bool) {
        let now = Instant::now();
        let (over, under_way) = self.under_way.drain(..).partition(|(until, _)| all || *until <= now);
        self.under_way = under_way;
        let over: Vec<(Instant, Fault)> = over;
        for (_, fault) in over {
            match fault {
                Fault::KillNode(node) => self.members[node].spawn(),
                Fault::PauseNode(node) => self.members[node].resume(),
                Fault::KillDatabase => works.site.database.cluster().restart(),
                Fault::PauseDatabase => works.site.database.cluster().resume(),
                Fault::CutNode(_) => {}
                Fault::LoseAnswers(node, _) => self.members[node].network.lose_no_more(),
                Fault::Weather(node, _) => self.members[node].network.set(Weather::default()),
            }
            if fault.node().is_none() {
                self.database_is_up = true;
                // Starting it took a while in which nobody looked.
                self.stall.since = Instant::now();
            }
            self.note(format!("{} is over", fault.name()));
        }
    }

    fn note(&mut self, what: String) {
        self.diary.0.push((self.begun.elapsed(), what));
    }

    /// Says how it went. The servers and their networks go on, and what happened is told if the test fails after all.
    pub fn end(self) -> (Vec<Member>, Diary) {
        let lost: u32 = self.members.iter().map(|member| member.network.lost()).sum();
        let restarts: u64 = self.members.iter().map(|member| member.restarts).sum();
        let counts: Vec<String> = self.counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
        println!(
            "{:.0} s of faults: {}; {lost} answers did not arrive, {restarts} starts found no database; \
             longest stall {:.1} s, {:.1} s after the beginning",
            self.begun.elapsed().as_secs_f64(),
            counts.join(", "),
            self.stall.longest.as_secs_f64(),
            self.stall.at.as_secs_f64(),
        );
        let around = |at: Duration| at + BEFORE_STALL >= self.stall.at && at <= self.stall.at + self.stall.longest;
        for (at, what) in self.diary.0.iter().filter(|(at, _)| around(*at)) {
            println!("{:8.1} s  {what}", at.as_secs_f64());
        }
        (self.members, self.diary)
    }
}

impl Stall {
    fn look(&mut self, answers: u64, could_answer: bool, begun: Instant) {
        let now = Instant::now();
        if answers != self.answers || !could_answer {
            (self.since, self.answers) = (now, answers);
        }
        if now - self.since > self.longest {
            (self.longest, self.at) = (now - self.since, self.since - begun);
        }
    }
}

impl Drop for Diary {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for (at, what) in &self.0 {
                eprintln!("{:8.3} s  {what}", at.as_secs_f64());
            }
        }
    }
}
