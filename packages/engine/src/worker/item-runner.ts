import type { Clock, HeldLease } from '@holdfast/store'
import { UNKNOWN_TYPE_REST_MS } from '../defaults.js'
import type { LeaseKeeper } from '../lease-keeper/lease-keeper.js'
import { Execution, type ExecutionParts } from './execution.js'
import type { Outcome } from './outcome.js'
import type { Settled } from './settlement.js'
import type { Settler } from './settler.js'
import type { Slots } from './slots.js'
import type { AttemptRef, WorkerEvent } from './worker-event.js'

export interface ItemRunnerParts extends ExecutionParts {
  readonly clock: Clock
  readonly slots: Slots
  readonly settler: Settler
  readonly keeper: LeaseKeeper
  readonly tell: (event: WorkerEvent) => void
  /** A slot is free. */
  readonly onRoom: () => void
  /** An item has ended: others may have become claimable. */
  readonly onSettled: () => void
}

/** Takes one item from its lease to its end: runs it in a slot, writes the outcome, and tells what happened. */
export class ItemRunner {
  constructor(private readonly parts: ItemRunnerParts) {}

  /** Begins an item. Returns at once; the slot is taken. */
  begin(lease: HeldLease): void {
    const definition = this.parts.registry.get(lease.type)
    if (!definition) {
      this.parts.tell({ event: 'item.unknown_type', ...about(lease) })
      // Another worker on this queue may know it; this one lets it rest, or it would claim it again at once.
      void this.handBack(lease, { restMs: UNKNOWN_TYPE_REST_MS })
      return
    }
    const execution = new Execution(lease, definition, this.parts)
    this.parts.slots.take(execution)
    void this.#attend(execution)
  }

  /** Returns an item that has not run here to its queue, with its attempt. */
  async handBack(lease: HeldLease, { restMs = 0 }: { readonly restMs?: number } = {}): Promise<void> {
    const { settler, clock } = this.parts
    const settled = await settler.settle(lease, {
      kind: 'released',
      reason: lease.isAhead ? 'ahead_returned' : 'released',
      ...(restMs > 0 ? { visibleAtMs: clock.nowMs() + restMs } : {}),
    })
    this.parts.keeper.drop(lease)
    this.parts.tell(eventOf(lease, settled, 0))
  }

  async #attend(execution: Execution): Promise<void> {
    const { clock, tell, slots, keeper, onRoom, onSettled } = this.parts
    const { lease } = execution
    const startedMs = clock.monotonicMs()
    tell({ event: 'item.started', ...about(lease) })
    const { outcome, isAbandoned } = await execution.run()
    if (isAbandoned) tell({ event: 'item.abandoned', ...about(lease) })
    // Submitted before the slot is left: the claim that fills it then shares the settlement's transaction.
    const settling = this.#settle(lease, outcome)
    slots.leave(execution)
    onRoom()
    const settled = await settling
    keeper.drop(lease)
    tell(eventOf(lease, settled, clock.monotonicMs() - startedMs))
    onSettled()
  }

  #settle(lease: HeldLease, outcome: Outcome): Promise<Settled> {
    switch (outcome.kind) {
      case 'lost':
        return Promise.resolve({ as: 'refused', code: outcome.code })
      case 'released':
        return this.parts.settler.settle(lease, { kind: 'released', reason: 'released' })
      case 'completed':
      case 'failed':
        return this.parts.settler.settle(lease, outcome)
    }
  }
}

/** What is told of an attempt that has been written down. */
const eventOf = (lease: HeldLease, settled: Settled, durationMs: number): WorkerEvent => {
  const ref = about(lease)
  switch (settled.as) {
    case 'completed':
      return { event: 'item.completed', ...ref, durationMs }
    case 'retried':
      return { event: 'item.retried', ...ref, failure: settled.failure, durationMs }
    case 'failed':
      return { event: 'item.failed', ...ref, failure: settled.failure, durationMs }
    case 'released':
      return { event: 'item.released', ...ref }
    case 'refused':
      return { event: 'item.lost', ...ref, code: settled.code }
    case 'unsettled':
      return { event: 'item.unsettled', ...ref }
  }
}

const about = ({ tenant, taskId, workItemId, type, attempt }: HeldLease): AttemptRef => ({
  tenant,
  taskId,
  workItemId,
  type,
  attempt,
})
