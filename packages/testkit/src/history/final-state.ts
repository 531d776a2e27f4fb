import {
  getKey,
  getWorkItem,
  listCheckpoints,
  MAX_PAGE_LIMIT,
  readEvents,
  type CheckpointRecord,
  type EventRecord,
  type Submits,
} from '@holdfast/store'
import { inTenant, storedValue } from './described-operations.js'
import type { RecordedOperation } from './operation.js'

/** One row of an item's journal, as far as the checker has to know it. */
export interface FinalEvent {
  readonly position: number
  readonly type: string
  readonly token: number
  /** Of the checkpoint that it tells of. */
  readonly checkpoint?: string
}

/** An item as it was left. What isn't given isn't compared. */
export interface FinalItem {
  /** `tenant/id` */
  readonly item: string
  readonly state: string
  readonly token: number
  /** Fingerprint of the result; null where there is none. */
  readonly value: string | null
  /** Where every checkpoint is, by its id. */
  readonly checkpoints?: ReadonlyMap<string, number>
  /** The journal, in order. */
  readonly events?: readonly FinalEvent[]
}

export interface FinalKey {
  /** `tenant/key` */
  readonly key: string
  readonly state: string
  /** Fingerprint of the answer; null where there is none. */
  readonly value: string | null
}

/** What is there when everybody has stopped: every item and key that the history names. */
export interface FinalState {
  readonly items: readonly FinalItem[]
  readonly keys: readonly FinalKey[]
  /** Retention ran: items that had ended, superseded checkpoints and the beginnings of journals may be gone. */
  readonly isPruned?: boolean
  /** How often the effect of a key was seen to have happened, where that can be counted. */
  readonly effects?: ReadonlyMap<string, number>
}

/**
 * Reads every item and key that a history names from the store that it was made on.
 *
 * @param options.isPruned  Say so where retention ran: a worker's sweeper, for one, deletes superseded checkpoints.
 */
export const readFinalState = async (
  store: Submits,
  operations: readonly RecordedOperation[],
  { isPruned = false }: Pick<FinalState, 'isPruned'> = {},
): Promise<FinalState> => {
  const items = new Set<string>()
  const keys = new Set<string>()
  for (const { call, answer } of operations) {
    if (call.item !== undefined) items.add(call.item)
    if (call.key !== undefined && !call.name.startsWith('http.')) keys.add(call.key)
    if (answer.as === 'ok') for (const { item } of answer.leases ?? []) items.add(item)
  }
  return {
    isPruned,
    items: (await inParallel([...items], (item) => finalItem(store, item))).flat(),
    keys: (await inParallel([...keys], (key) => finalKey(store, key))).flat(),
  }
}

/** As many reads at once as the readers' queue takes without complaint. */
const AT_ONCE = 32

const inParallel = async <Name, Read>(names: readonly Name[], read: (name: Name) => Promise<Read>): Promise<Read[]> => {
  const results: Read[] = []
  for (let at = 0; at < names.length; at += AT_ONCE)
    results.push(...(await Promise.all(names.slice(at, at + AT_ONCE).map(read))))
  return results
}

const partsOf = (name: string): { readonly tenant: string; readonly id: string } => {
  const slash = name.indexOf('/')
  return { tenant: name.slice(0, slash), id: name.slice(slash + 1) }
}

const finalItem = async (store: Submits, item: string): Promise<readonly FinalItem[]> => {
  const { tenant, id } = partsOf(item)
  const record = await store.submit(getWorkItem, { tenant, id })
  if (!record) return []
  return [
    {
      item: inTenant(tenant, record.id),
      state: record.state,
      token: record.fencingToken,
      value: record.result ? storedValue(record.result) : null,
      checkpoints: await allCheckpoints(store, tenant, id),
      events: await allEvents(store, tenant, id),
    },
  ]
}

const allCheckpoints = async (store: Submits, tenant: string, id: string): Promise<ReadonlyMap<string, number>> => {
  const found = new Map<string, number>()
  let beforePosition: number | null = null
  for (;;) {
    const page: readonly CheckpointRecord[] = await store.submit(listCheckpoints, {
      tenant,
      workItemId: id,
      type: null,
      beforePosition,
      limit: MAX_PAGE_LIMIT,
    })
    for (const checkpoint of page) found.set(checkpoint.id, checkpoint.position)
    const last = page.at(-1)
    if (!last || page.length < MAX_PAGE_LIMIT) return found
    beforePosition = last.position
  }
}

const allEvents = async (store: Submits, tenant: string, id: string): Promise<readonly FinalEvent[]> => {
  const events: FinalEvent[] = []
  for (;;) {
    const afterPosition = events.at(-1)?.position ?? 0
    const page = await store.submit(readEvents, { tenant, workItemId: id, afterPosition, limit: MAX_PAGE_LIMIT })
    events.push(...page.events.map(finalEvent))
    if (page.events.length === 0 || (events.at(-1)?.position ?? 0) >= page.lastPosition) return events
  }
}

const finalEvent = ({ position, type, fencingToken, data }: EventRecord): FinalEvent => {
  const about = data?.encoding === 'json' && type.startsWith('checkpoint.') ? JSON.parse(data.data) : {}
  const { id } = about as { readonly id?: string }
  return { position, type, token: fencingToken, ...(id !== undefined && { checkpoint: id }) }
}

const finalKey = async (store: Submits, key: string): Promise<readonly FinalKey[]> => {
  const { tenant, id } = partsOf(key)
  const record = await store.submit(getKey, { tenant, key: id })
  if (!record) return []
  return [{ key, state: record.state, value: record.response ? storedValue(record.response) : null }]
}
