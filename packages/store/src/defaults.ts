/** The tenant of callers that name none. */
export const DEFAULT_TENANT = 'default'

/** Lease without a heartbeat. Death is noticed earlier by the process lock; this bounds what it can't see. */
export const LEASE_MS = 30_000
/** A heartbeat at a third of the lease: lose one to a stalled disk and the next still has a third to spare. */
export const HEARTBEATS_PER_LEASE = 3
/** The longest lease: a day. Longer work heartbeats. */
export const MAX_LEASE_MS = 86_400_000

/** Attempts of an item when its definition names none. */
export const MAX_ATTEMPTS = 3

/** Items that one claim, heartbeat batch or fan-out batch may carry: one bounded transaction. */
export const MAX_BATCH = 1_000
/** Rows of a list page: default and most. */
export const PAGE_LIMIT = 50
export const MAX_PAGE_LIMIT = 500

/** Inputs, results and responses. Larger things belong in files, with their digest in the payload. */
export const MAX_PAYLOAD_BYTES = 1_048_576
/** Checkpoint snapshots (configurable). */
export const MAX_SNAPSHOT_BYTES = 1_048_576
/** Metadata, evidence and error details: what is read by people and lists. */
export const MAX_METADATA_BYTES = 65_536
/** Levels of lists and objects in any JSON: SQLite reads no deeper ones. */
export const MAX_JSON_DEPTH = 1_000
/** Names: types, queues, tenants, keys, owners. */
export const MAX_NAME_LENGTH = 512

/** How long an idempotency key's answer is kept. */
export const IDEMPOTENCY_TTL_MS = 86_400_000
/** Lease of a pending key's owner. */
export const IDEMPOTENCY_LEASE_MS = 30_000

/** Wall and monotonic time may part by this much between two looks (NTP slews; it doesn't jump). */
export const CLOCK_TOLERANCE_MS = 1_000
/** Keys of other owners that one store watches by monotonic time: the last ones that it was told are in progress. */
export const WATCHED_KEYS = 1_000

/** Checkpoints kept per work item by retention. */
export const CHECKPOINTS_KEPT = 100
