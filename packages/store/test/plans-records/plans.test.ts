import { describe, expect, it } from 'vitest'
import { appendCheckpoint, latestCheckpoint, listCheckpoints, removeCheckpoint } from '../../src/checkpoints.js'
import { appendLog, readEvents } from '../../src/events.js'
import { checkOrCreateKey, completeKey, countKeys, heartbeatKey } from '../../src/idempotency.js'
import { heartbeatProcess, listProcesses } from '../../src/processes.js'
import {
  countRetirable,
  countSuperseded,
  deleteEndedProcesses,
  deleteFinishedTasks,
  pruneCheckpoints,
} from '../../src/retention.js'
import { expireKeys } from '../../src/sweep.js'
import { openSchema, plansOf } from './plans.js'

/** A pass over a whole table, or a sort: what grows with the file and not with the answer. */
const COSTLY = /SCAN (?!CONSTANT ROW|told)|TEMP B-TREE/

describe('the plan of', () => {
  it.each([
    appendCheckpoint,
    latestCheckpoint,
    listCheckpoints,
    removeCheckpoint,
    appendLog,
    readEvents,
    checkOrCreateKey,
    heartbeatKey,
    completeKey,
    countKeys,
    heartbeatProcess,
    expireKeys,
    pruneCheckpoints,
    deleteEndedProcesses,
    countRetirable,
  ])('$name never walks a table and never sorts', (op) => {
    const plans = plansOf(openSchema(), op as never)

    expect(plans.length).toBeGreaterThan(0)
    for (const plan of plans) expect(plan).not.toMatch(COSTLY)
  })

  it('the superseded checkpoints are counted item by item, along their index', () => {
    const [plan] = plansOf(openSchema(), countSuperseded)

    expect(plan).toContain('SEARCH stream USING INTEGER PRIMARY KEY (rowid>?)')
    expect(plan).toContain('SEARCH checkpoint USING INDEX checkpoints_by_work_item (work_item_seq=? AND position<?)')
  })

  it('append takes the item by its id and the position from its stream', () => {
    const [place] = plansOf(openSchema(), appendCheckpoint)

    expect(place).toContain('SEARCH item USING INDEX work_items_by_id (tenant=? AND id=?)')
    expect(place).toContain('SEARCH stream USING INTEGER PRIMARY KEY')
  })

  it('latest and list walk the item’s checkpoints backwards, of one type along the index of types', () => {
    const connection = openSchema()
    const plans = [...plansOf(connection, latestCheckpoint), ...plansOf(connection, listCheckpoints)]

    expect(plans).toHaveLength(6)
    for (const [at, plan] of plans.entries()) {
      expect(plan).toContain(
        at % 2 === 0
          ? 'SEARCH checkpoint USING INDEX checkpoints_by_work_item (work_item_seq=? AND position<?)'
          : 'SEARCH checkpoint USING INDEX checkpoints_by_type (work_item_seq=? AND type=? AND position<?)',
      )
    }
  })

  it('the checkpoints of a task are found through its items, and those whose item is gone along their own index', () => {
    const [permits] = plansOf(openSchema(), deleteFinishedTasks).filter((plan) => plan.includes('checkpoint'))

    expect(permits).toContain('SEARCH checkpoint USING COVERING INDEX checkpoints_by_work_item (work_item_seq=?)')
    expect(permits).toContain('SEARCH checkpoints USING INDEX checkpoints_without_item (task_seq=?)')
  })

  it('a page of events begins at its position', () => {
    expect(plansOf(openSchema(), readEvents)[0]).toContain(
      'SEARCH event USING PRIMARY KEY (work_item_seq=? AND position>?)',
    )
  })

  it('every write of a key finds it by its name', () => {
    const connection = openSchema()

    for (const op of [checkOrCreateKey, heartbeatKey, completeKey])
      expect(plansOf(connection, op as never).join('\n')).toContain('idempotency_keys_by_key (tenant=? AND key=?)')
  })

  it('the sweep of keys takes those whose time is over', () => {
    expect(plansOf(openSchema(), expireKeys).join('\n')).toContain('idempotency_keys_expiring (expires_at_ms<?)')
  })

  it('retention takes ended tasks in the order in which they ended', () => {
    const plans = plansOf(openSchema(), deleteFinishedTasks)

    expect(plans[0]).toContain('tasks_finished (finished_at_ms<?)')
    for (const plan of plans) expect(plan).not.toMatch(COSTLY)
  })

  it('the list of processes in one state follows its index', () => {
    expect(plansOf(openSchema(), listProcesses)[1]).toBe('SEARCH processes USING INDEX processes_by_state (state=?)')
  })
})
