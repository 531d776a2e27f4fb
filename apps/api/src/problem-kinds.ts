/** The statuses that refusals use. */
export type ProblemStatus =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 408
  | 409
  | 410
  | 413
  | 415
  | 422
  | 429
  | 431
  | 500
  | 503
  | 507

/** How a code looks over HTTP. */
export interface ProblemKind {
  readonly status: ProblemStatus
  readonly title: string
  /** Whole seconds after which the same request may succeed; absent where a repeat is pointless. */
  readonly retryAfterS?: number
}

const kind = (status: ProblemStatus, title: string, retryAfterS?: number): ProblemKind =>
  retryAfterS === undefined ? { status, title } : { status, title, retryAfterS }

/** Every code that leaves this API, with its status. A test holds it against the store's list of errors. */
export const PROBLEM_KINDS: Readonly<Record<string, ProblemKind>> = {
  // The request itself
  'http.bad_request': kind(400, 'This is no request that can be read'),
  'http.malformed': kind(400, 'The body is not JSON in UTF-8'),
  'http.idempotency_key': kind(400, 'The Idempotency-Key is malformed'),
  'http.unauthorized': kind(401, 'A valid token is needed'),
  'http.host_refused': kind(403, 'This Host is not allowed'),
  'http.origin_refused': kind(403, 'This Origin is not allowed'),
  'http.not_found': kind(404, 'No such route'),
  'http.method_not_allowed': kind(405, 'The route has no such method'),
  'http.timeout': kind(408, 'The request did not arrive in time'),
  'http.too_large': kind(413, 'The body is too large'),
  'http.content_type': kind(415, 'The body must be application/json'),
  'http.too_deep': kind(422, 'The body is nested too deep'),
  'http.headers_too_large': kind(431, 'The headers are too large'),
  'http.too_many_streams': kind(429, 'Too many streams are open', 2),
  'http.overloaded': kind(503, 'Too many bodies arrive at once', 1),
  'http.internal': kind(500, 'Something failed inside'),

  // Input
  'input.invalid': kind(422, 'The input is invalid'),
  'input.invalid_text': kind(422, 'The text cannot be stored'),
  'input.too_large': kind(413, 'The input is too large'),
  'task.invalid_input': kind(422, "The input does not fit the task's schema"),
  'task.unknown_type': kind(422, 'No such task type'),
  'checkpoint.too_large': kind(413, 'The snapshot is too large'),

  // What isn't there (another tenant's included)
  'task.not_found': kind(404, 'No such task'),
  'work_item.not_found': kind(404, 'No such work item'),
  'checkpoint.not_found': kind(404, 'No such checkpoint'),
  'idempotency.not_found': kind(404, 'No such idempotency key'),
  'events.position_expired': kind(410, 'These events are no longer kept'),

  // What stands in the way
  'task.conflict': kind(409, 'The id belongs to another task'),
  'task.not_active': kind(409, 'The task takes no more work'),
  'task.already_terminal': kind(409, 'The task has ended'),
  'work_item.already_terminal': kind(409, 'The work item has ended'),
  'work_item.illegal_transition': kind(409, 'The work item cannot go there'),
  'work_item.conflict': kind(409, 'The id belongs to another work item'),
  'lease.lost': kind(409, 'The lease was lost'),
  'lease.expired': kind(409, 'The lease has run out'),
  'checkpoint.conflict': kind(409, 'The id belongs to another checkpoint'),
  'checkpoint.not_verified': kind(409, 'The checkpoint does not verify'),
  'checkpoint.protected': kind(409, 'The checkpoint must be kept'),
  'checkpoint.append_only': kind(409, 'Checkpoints are never changed'),
  'retention.not_permitted': kind(409, 'The row must be kept'),
  'idempotency.conflict': kind(422, 'The Idempotency-Key was used for another request'),
  'idempotency.in_progress': kind(409, 'The first request with this key is still running', 1),
  'idempotency.lost': kind(409, 'The key was taken over'),
  'idempotency.already_completed': kind(409, 'The key has its answer'),

  'memory.version_conflict': kind(409, 'The text was changed by somebody else'),
  'memory.owned_by_document': kind(409, "The key belongs to a document's section"),
  'memory.duplicate_key': kind(409, 'The section key is taken'),

  // Passing trouble of the store: nothing was written, or a repeat is harmless
  'store.busy': kind(503, 'The store is busy', 1),
  'store.overloaded': kind(503, 'The store has too much to do', 1),
  'store.readers_exhausted': kind(503, 'The store has too much to read', 1),
  'store.timeout': kind(503, 'The store did not answer in time', 1),
  'store.closed': kind(503, 'The server is stopping', 1),
  'store.outcome_unknown': kind(503, 'Whether it was written is unknown; repeat with the same ids or key', 1),
  'store.interrupted': kind(503, 'The statement was interrupted', 1),
  'store.thread_died': kind(503, 'A thread of the store died and is started again', 1),
  'store.io': kind(503, 'The disk failed', 5),
  'store.disk_full': kind(507, 'The disk is full', 30),

  // Lasting trouble: a person must look
  'store.corrupt': kind(500, 'The database file is damaged'),
  'store.not_a_database': kind(500, 'The database file is not a database'),
  'store.replaced': kind(500, 'The database file was replaced by another'),
  'store.detached': kind(500, 'The database file was taken from this process; start it anew'),
  'store.missing': kind(500, 'The database file is missing'),
  'store.read_only': kind(500, 'The database file cannot be written'),
  'store.newer_schema': kind(500, 'A newer version made the database file'),
  'store.migration_changed': kind(500, 'The database file had other migrations'),
  'store.durability_mismatch': kind(500, 'The database file has another durability level'),
  'store.setting_refused': kind(500, 'The database refused a setting'),
  'store.unsupported': kind(500, 'The database is not supported'),
  'store.operation_unknown': kind(500, 'The store lacks an operation'),
  'store.operation_twice': kind(500, 'The store has an operation twice'),
  'store.foreign_connection': kind(500, 'The transaction is not the store’s'),
  'store.constraint': kind(500, 'The database refused a row'),
  'store.statement_refused': kind(500, 'The database refused a statement'),
  'store.invariant': kind(500, 'A promise was broken; please report it'),
  'driver.unknown': kind(500, 'There is no such database driver'),
  'driver.missing': kind(500, 'The database driver is missing'),
  'driver.duplicate': kind(500, 'Two database drivers were loaded'),
  'driver.unfit': kind(500, 'The database driver answers otherwise than it must'),
}

/** The kind of a code; undefined for a code that is none of ours. */
export const problemKind = (code: string): ProblemKind | undefined =>
  Object.hasOwn(PROBLEM_KINDS, code) ? PROBLEM_KINDS[code] : undefined
