/** Work items that one worker runs at once. Handlers mostly wait for others; CPU-bound ones want fewer. */
export const CONCURRENCY = 10
/** Items held ready beyond those that run. 0: completions and the next claim share one commit already. */
export const PREFETCH = 0

/** First wait after a claim that failed, or that found something; it doubles up to {@link POLL_MS}. */
export const FIRST_POLL_MS = 20
/** The longest wait between two looks for work: what an enqueue by another process may wait for if its bell isn't heard. */
export const POLL_MS = 500

/** Looks that found nothing, one after another, after which the bell is mostly about others' work. */
export const FRUITLESS_PASSES = 8
/** From then on a look follows a ring this late: thousands of rings a second cost 200 looks, of 15 µs to 0.1 ms each. */
export const RING_SPACING_MS = 5
/** Between two passes while more is due than one claim promotes. */
export const DUE_SPACING_MS = 1

/**
 * How long handlers may go on: at `stop()` before their signal is aborted, and after an abort before they are
 * abandoned. Below the ten seconds that container runtimes wait between SIGTERM and SIGKILL, with room to hand back.
 */
export const GRACE_MS = 7_000
/** After shutdown has aborted the signals: time for handlers to notice, before their items are handed back. */
export const SHUTDOWN_ABORT_MS = 1_000
/** How long `stop()` waits for the last answers of the store. */
export const SETTLE_MS = 1_500

/** How soon a running handler learns that its item was cancelled or taken over: one cheap read of its own leases. */
export const LEASE_POLL_MS = 1_000

/** Wait before a settlement that the store could not take (busy, full disk) is tried again; doubles up to the cap. */
export const SETTLE_RETRY_MS = 50
export const SETTLE_RETRY_CAP_MS = 2_000

/** An item of a type that this worker doesn't know rests this long, so that another can take it. */
export const UNKNOWN_TYPE_REST_MS = 5_000

/** First delay between attempts, before jitter. */
export const RETRY_BASE_MS = 1_000
export const RETRY_FACTOR = 2
/** The longest delay between attempts. */
export const RETRY_CAP_MS = 60_000

/** Items that one fan-out transaction adds. */
export const FAN_OUT_BATCH = 500

/** Time between two sweeps. Cheap where nothing is due: a handful of index probes in one group. */
export const SWEEP_INTERVAL_MS = 2_000
/**
 * Time between two looks for dead processes. A look takes 0.1 ms of a core with six processes on the file, so this is
 * 0.05 % of one; what a killed process held runs again within some 0.3 s.
 */
export const DEATH_WATCH_MS = 200
/** Rows that one step of a sweep touches in one transaction. */
export const SWEEP_LIMIT = 500
/** Transactions that one step of a sweep may take; the next scan goes on. */
export const SWEEP_ROUNDS = 20
/** Leases that a sweeper watches by monotonic time. */
export const WATCHED_LEASES = 10_000

/** How long a task is kept after its end: a month of looking back. */
export const TASKS_KEPT_MS = 2_592_000_000
/** How long the row of a process is kept after its end: longer than any lease that it may have held. */
export const PROCESSES_KEPT_MS = 604_800_000
/** Time between two passes of retention. What has ended a month ago is in no hurry. */
export const RETENTION_INTERVAL_MS = 600_000
/** Rows that one transaction of retention deletes: some 5 ms of the write lock. */
export const RETENTION_BATCH = 500

/** Time between two heartbeats of a process's own row. */
export const PROCESS_HEARTBEAT_MS = 10_000

/** Entries that one glob of `tasks` may look at before it is refused as too broad. */
export const GLOB_ENTRIES = 10_000

/** Stack text kept with a failure: enough for the frames that matter, small enough for a list of failures. */
export const STACK_CHARACTERS = 8_000

/** Between two looks at a key that somebody else works on. */
export const IN_PROGRESS_POLL_MS = 250
