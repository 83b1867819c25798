//! What the simulated nodes run: between them every way in which instances, timers, adapters and people meet.

/// Orders are counted here and told to the ledger of the same key; lenses are made by an adapter; work can be held.
pub const WORKSHOP: &str = "
workflow: workshop
data:
  orders: {type: integer, default: 0}
  told: {type: integer, default: 0}
  made: {type: integer, default: 0}
  failed: {type: integer, default: 0}
  ticks: {type: integer, default: 0}
  pinged: {type: integer, default: 0}
  bounced: {type: integer, default: 0}
  customer: {type: optional string, phi: true}
start: {by: [clerk]}
access:
  - {for: [clerk]}
type: parallel
states:
  work:
    initial: open
    states:
      open:
        after:
          tick: {every: 20s, times: 4, actions: [{assign: {ticks: \"{{ ticks + 1 }}\"}}]}
        on:
          MAKE: {target: making, by: [clerk]}
          POLISH: {target: polishing, by: [clerk]}
      making:
        invoke:
          id: lens
          adapter: maker
          action: make
          input: {pair: \"{{ made }}\"}
          timeout: 40s
          retry: {attempts: 3, backoff: 1s..5s}
          onDone: {target: open, actions: [{assign: {made: \"{{ made + 1 }}\"}}]}
          onError: {target: open, actions: [{assign: {failed: \"{{ failed + 1 }}\"}}]}
        on:
          CANCEL: {target: open, by: [clerk]}
      polishing:
        invoke:
          id: shine
          adapter: maker
          action: polish
          require: \"orders >= 0\"
          retry: {attempts: 2, backoff: 1s..2s}
          onDone: {target: open, actions: [{assign: {made: \"{{ made + 1 }}\"}}]}
    on:
      ORDER:
        by: [clerk]
        input: [optional customer]
        actions:
          - {assign: {orders: \"{{ orders + 1 }}\"}}
          - {send: {to: {workflow: ledger, key: \"{{ key }}\"}, event: COUNT, with: {n: \"{{ orders }}\"}, id: count, start: true}}
      PING:
        by: [clerk]
        input: {parcel: string}
        actions: [{send: {to: {workflow: parcel, key: \"{{ event.parcel }}\"}, event: PING, id: ping}}]
      LATER:
        by: [clerk]
        input: {parcel: string}
        actions: [{send: {to: {workflow: parcel, key: \"{{ event.parcel }}\"}, event: PING, id: ping, in: 15s}}]
      BEGIN:
        by: [clerk]
        input: {parcel: string}
        actions: [{start: {workflow: parcel, key: \"{{ event.parcel }}\"}}]
      sent.taken.count: {actions: [{assign: {told: \"{{ told + 1 }}\"}}]}
      sent.taken.ping: {actions: [{assign: {pinged: \"{{ pinged + 1 }}\"}}]}
      sent.ignored.ping: {actions: [{assign: {pinged: \"{{ pinged + 1 }}\"}}]}
      sent.refused.ping: {actions: [{assign: {bounced: \"{{ bounced + 1 }}\"}}]}
  hold:
    initial: released
    states:
      released: {on: {HOLD: {target: held, by: [clerk]}}}
      held:
        label: On hold
        pauses: [work]
        after: {release: {in: 45s, target: released}}
        on: {RELEASE: {target: released, by: [clerk]}}
";

/// Is told the number of each order, in order.
pub const LEDGER: &str = "
workflow: ledger
data:
  count: {type: integer, default: 0}
  last: {type: integer, default: 0}
  disorder: {type: integer, default: 0}
start: {by: [clerk, {workflow: workshop}]}
access:
  - {for: [clerk]}
initial: open
states:
  open:
    on:
      COUNT:
        by: [{workflow: workshop}]
        input: {n: integer}
        actions:
          - {assign: {count: \"{{ count + 1 }}\", disorder: \"{{ disorder + (0 if event.n > last else 1) }}\"}}
          - {assign: {last: \"{{ event.n }}\"}}
";

/// Comes and goes: its sender may be faster than whoever starts it.
pub const PARCEL: &str = "
workflow: parcel
data:
  pings: {type: integer, default: 0}
start: {by: [clerk, {workflow: workshop}]}
access:
  - {for: [clerk]}
initial: lying
states:
  lying:
    after: {leave: {in: 30s, target: gone}}
    on:
      PING: {by: [{workflow: workshop}], actions: [{assign: {pings: \"{{ pings + 1 }}\"}}]}
  gone: {type: final}
";

/// Holds a slot that no other may hold; asked for later, it may be another's by then.
pub const TRAY: &str = "
workflow: tray
data:
  slot: optional string
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: idle
states:
  idle:
    on:
      TAKE: {target: holding, by: [clerk], input: [slot]}
      TAKE_LATER: {target: waiting, by: [clerk], input: [slot]}
  waiting:
    after: {begin: {in: 10s, target: holding}}
  holding:
    unique: {slot: \"{{ slot }}\"}
    after: {tired: {in: 50s, target: idle}}
    on:
      GIVE: {target: idle, by: [clerk]}
";

/// Waits until the ledger has counted enough, and looks at it when asked.
pub const WATCHER: &str = "
workflow: watcher
data:
  seen: optional integer
  looks: {type: integer, default: 0}
reads:
  ledger: {workflow: ledger, key: \"{{ key }}\"}
start: {by: [clerk]}
access:
  - {for: [clerk]}
type: parallel
states:
  watch:
    initial: one
    states:
      one: {always: {guard: \"ledger is not none and ledger.data.count >= 1\", target: three}}
      three: {always: {guard: \"ledger is not none and ledger.data.count >= 3\", target: six}}
      six: {always: {guard: \"ledger is not none and ledger.data.count >= 6\", target: enough}}
      enough: {}
  look:
    initial: ready
    states:
      ready:
        on:
          LOOK:
            by: [clerk]
            guard: {if: \"ledger is not none\", otherwise: There is no ledger}
            actions: [{assign: {seen: \"{{ ledger.data.count }}\", looks: \"{{ looks + 1 }}\"}}]
";

/// One is lit each minute, and goes out by itself; those that were lit by hand are fed every two minutes.
pub const BEACON: &str = "
workflow: beacon
zone: UTC
data:
  fed: {type: integer, default: 0}
  by_hand: {type: boolean, default: false}
start: {by: [clerk, {schedule: minutely}], input: [optional by_hand]}
access:
  - {for: [clerk]}
schedules:
  minutely: {cron: '* * * * *', missed: all, start: {key: \"{{ schedule.at }}\"}}
  feed: {cron: '*/2 * * * *', missed: all, send: {in: [lit], event: FEED}}
initial: begun
states:
  begun:
    always:
      - {guard: by_hand, target: lit}
      - {target: out}
  lit:
    on:
      FEED: {by: [{schedule: feed}], actions: [{assign: {fed: \"{{ fed + 1 }}\"}}]}
  out: {type: final}
";

pub const ALL: [&str; 6] = [WORKSHOP, LEDGER, PARCEL, TRAY, WATCHER, BEACON];
