import { describe, expect, it } from 'vitest'
import {
  claim,
  complete,
  completeAll,
  fail,
  heartbeat,
  leasesOfProcess,
  leaseStatus,
  release,
  startLeases,
} from '../../src/leases.js'
import type { Operation } from '../../src/operation.js'
import {
  continueCancellations,
  failOverdue,
  promoteDue,
  recoverExpired,
  recoverProcess,
  watchLeases,
} from '../../src/sweep.js'
import { cancelTask, getTask, listTasks, submitTask } from '../../src/tasks.js'
import { countWorkItems, getWorkItem, listWorkItems, spawnWorkItems } from '../../src/work-items.js'
import { openSchema, plansOf } from '../plans-records/plans.js'

/** Every statement of an operation, each as SQLite would run it. */
const plans = (op: Operation<never, unknown>): string => plansOf(openSchema(), op as never).join('\n---\n')

describe('every statement of', () => {
  it.each([
    submitTask,
    cancelTask,
    getTask,
    listTasks,
    spawnWorkItems,
    getWorkItem,
    listWorkItems,
    countWorkItems,
    claim,
    startLeases,
    heartbeat,
    complete,
    completeAll,
    fail,
    release,
    leaseStatus,
    leasesOfProcess,
    recoverExpired,
    recoverProcess,
    promoteDue,
    failOverdue,
    continueCancellations,
    watchLeases,
  ] as readonly Operation<never, unknown>[])('$name is served by an index: no walk over a table, no sort', (op) => {
    const found = plans(op)

    expect(found).toContain('SEARCH')
    expect(found).not.toMatch(/SCAN (?!CONSTANT ROW|\(subquery|json_each)/)
    expect(found).not.toContain('TEMP B-TREE')
  })
})

describe('the claim', () => {
  it('finds pending items in claim order, and nothing else is in its index', () => {
    expect(plans(claim as never)).toContain('SEARCH item USING INDEX work_items_claimable (tenant=? AND queue=?)')
  })

  it('of one task does so as well', () => {
    expect(plans(claim as never)).toContain('SEARCH item USING INDEX work_items_claimable_by_task (task_seq=?)')
  })

  it('sees what is due at the head of an index', () => {
    expect(plans(claim as never)).toContain('SEARCH work_items USING COVERING INDEX work_items_due (visible_at_ms<?)')
  })
})

describe('a write under a lease', () => {
  it.each([startLeases, heartbeat, complete, fail, release] as readonly Operation<never, unknown>[])(
    '$name goes to its one item by tenant and id',
    (op) => {
      expect(plans(op)).toContain('SEARCH work_items USING INDEX work_items_by_id (tenant=? AND id=?)')
    },
  )
})

describe('the sweep', () => {
  it('finds expired leases at the head of an index', () => {
    expect(plans(recoverExpired as never)).toContain(
      'SEARCH work_items USING INDEX work_items_leased (lease_expires_at_ms<?)',
    )
  })

  it("finds a dead process's leases by its id", () => {
    expect(plans(recoverProcess as never)).toContain(
      'SEARCH work_items USING INDEX work_items_by_process (process_id=?)',
    )
  })

  it('finds passed deadlines at the head of an index', () => {
    expect(plans(failOverdue as never)).toContain('work_items_deadline (deadline_at_ms>? AND deadline_at_ms<?)')
  })

  it('pages through running leases along their expiry', () => {
    expect(plans(watchLeases as never)).toContain('INDEX work_items_leased (lease_expires_at_ms>?)')
  })
})

describe('a page', () => {
  it('of tasks walks their index backwards, from where the last one ended', () => {
    const found = plans(listTasks as never)

    expect(found).toContain('INDEX tasks_by_age (tenant=? AND seq<?)')
    expect(found).toContain('INDEX tasks_by_state (tenant=? AND state=? AND seq<?)')
  })

  it("of a task's items merges the states, each in order already", () => {
    const found = plans(listWorkItems as never)

    expect(found).toContain('INDEX work_items_by_task (task_seq=? AND state=? AND seq>?)')
    expect(found).toContain('MERGE (UNION ALL)')
  })
})
