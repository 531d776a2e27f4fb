import { type Db, type Row, insert, only, update } from './db.js'

/** An active task of tenant `t`. */
export const taskRow = (over: Row = {}): Row => ({
  tenant: 't',
  id: 'T1',
  type: 'mail',
  state: 'active',
  failure_policy: 'any',
  created_at_ms: 1_000,
  ...over,
})

/** A pending root item with three attempts. */
export const itemRow = (over: Row = {}): Row => ({
  tenant: 't',
  id: 'W1',
  task_seq: 1,
  is_root: 1,
  type: 'mail',
  queue: 'default',
  priority: 0,
  state: 'pending',
  reason: 'enqueued',
  visible_at_ms: 1_000,
  attempt: 0,
  max_attempts: 3,
  fencing_token: 0,
  is_ahead: 0,
  input: '{"to":"a"}',
  input_encoding: 'json',
  created_at_ms: 1_000,
  updated_at_ms: 1_000,
  ...over,
})

export const checkpointRow = (over: Row = {}): Row => ({
  tenant: 't',
  id: 'C1',
  task_seq: 1,
  work_item_seq: 1,
  position: 1,
  type: 'iteration_start',
  is_replayed: 0,
  fencing_token: 1,
  attempt: 1,
  snapshot: '{"n":1}',
  encoding: 'json',
  raw_bytes: 7,
  created_at_ms: 2_000,
  ...over,
})

export const verificationRow = (over: Row = {}): Row => ({
  checkpoint_seq: 1,
  outcome: 'verified',
  findings: '[]',
  verified_by: 'w-1',
  verified_at_ms: 3_000,
  ...over,
})

/** A key that an owner works on under its first lease. */
export const keyRow = (over: Row = {}): Row => ({
  tenant: 't',
  key: 'K1',
  request_hash: `sha256:${'a'.repeat(64)}`,
  state: 'pending',
  fencing_token: 1,
  owner: 'w-1',
  lease_ms: 30_000,
  lease_expires_at_ms: 31_000,
  created_at_ms: 1_000,
  expires_at_ms: 90_000,
  ...over,
})

/** What an item has beside its state when it is born in it. */
export const bornIn = (state: string): Row => ({ state, waiting_reason: state === 'waiting' ? 'signal' : null })

export const NO_LEASE: Row = {
  lease_owner: null,
  process_id: null,
  lease_ms: null,
  lease_acquired_at_ms: null,
  lease_expires_at_ms: null,
  heartbeat_at_ms: null,
  is_ahead: 0,
}

export const FAILURE = '{"code":"boom","message":"it broke"}'

/** What a terminal item holds beside its state. */
export const outcome = (state: string): Row => ({
  ...NO_LEASE,
  state,
  reason: state,
  finished_at_ms: 9_000,
  updated_at_ms: 9_000,
  ...(state === 'completed' ? { result: '{"ok":true}', result_encoding: 'json' } : {}),
  ...(state === 'failed' ? { error: FAILURE } : {}),
})

/** A key's answer. */
export const ANSWER: Row = {
  state: 'completed',
  owner: null,
  process_id: null,
  lease_ms: null,
  lease_expires_at_ms: null,
  response: '"done"',
  response_encoding: 'json',
  finished_at_ms: 5_000,
}

/** A task and its root item: seq 1 each. */
export const enqueue = async (db: Db, over: Row = {}): Promise<void> => {
  await insert(db, 'tasks', taskRow())
  await insert(db, 'work_items', itemRow(over))
}

const itemOf = (db: Db, id: string): Promise<Row> => only(db, 'select * from work_items where id = ?', [id])

/** Claims as the store does, and returns the token. */
export const claim = async (db: Db, id = 'W1', over: Row = {}): Promise<number> => {
  const { fencing_token, attempt } = await itemOf(db, id)
  const token = Number(fencing_token) + 1
  await update(
    db,
    'work_items',
    {
      state: 'running',
      reason: 'claimed',
      attempt: Number(attempt) + 1,
      fencing_token: token,
      settle_token: null,
      lease_owner: 'w-1',
      process_id: 'p-1',
      lease_ms: 30_000,
      lease_acquired_at_ms: 2_000,
      lease_expires_at_ms: 32_000,
      updated_at_ms: 2_000,
      ...over,
    },
    `id = '${id}'`,
  )
  return token
}

/** The owner ends its lease with the token it holds. */
export const settle = async (db: Db, state: string, token: number, id = 'W1', over: Row = {}): Promise<void> =>
  update(db, 'work_items', { ...outcome(state), settle_token: token, ...over }, `id = '${id}'`)

/** Somebody else ends the lease, or the wait: the token rises. */
export const revoke = async (db: Db, set: Row, id = 'W1'): Promise<void> => {
  const { fencing_token } = await itemOf(db, id)
  await update(
    db,
    'work_items',
    { ...NO_LEASE, updated_at_ms: 8_000, fencing_token: Number(fencing_token) + 1, ...set },
    `id = '${id}'`,
  )
}

/** A finished item of a finished task, with a checkpoint that was verified. */
export const finished = async (db: Db, state = 'completed'): Promise<void> => {
  await enqueue(db)
  const token = await claim(db)
  await insert(db, 'checkpoints', checkpointRow())
  await insert(db, 'checkpoint_verifications', verificationRow())
  await settle(db, state, token)
}

/** Leave to delete one row, as the store puts it in the deleting transaction. */
export const permit = (db: Db, kind: string, rowSeq: number): Promise<Row> =>
  insert(db, 'retention_permits', { kind, row_seq: rowSeq })

export const documentRow = (over: Row = {}): Row => ({
  tenant: 't',
  namespace: 'docs',
  path: 'a.md',
  content_hash: `sha256:${'c'.repeat(64)}`,
  section_count: 1,
  version: 1,
  created_at_ms: 1_000,
  updated_at_ms: 1_000,
  ...over,
})

export const sectionRow = (over: Row = {}): Row => ({
  tenant: 't',
  namespace: 'docs',
  key: 'k1',
  heading_trail: 'Guide › Café',
  text: 'Leases expire.',
  content_hash: `sha256:${'d'.repeat(64)}`,
  version: 1,
  created_at_ms: 1_000,
  updated_at_ms: 1_000,
  ...over,
})
