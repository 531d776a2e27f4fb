import { PAGE_LIMIT } from '../defaults.js'
import { appendLog, readEvents, type EventPage, type EventRecord } from '../events.js'
import { checkInteger, checkName } from '../input.js'
import type { LeaseRef } from '../work-items.js'
import { decode, encode, tenantOf, type RepositoryContext, type TenantOption } from './context.js'
import { checkPage } from './edge.js'
import { leaseRefOf } from './lease-ref.js'

/** One row of a work item's journal. */
export interface Event extends Omit<EventRecord, 'data'> {
  readonly data: unknown
}

/** The journals of work items: what happened, in order, without gaps. */
export class Events {
  constructor(private readonly context: RepositoryContext) {}

  /**
   * The journal after a position, oldest first. `lastPosition` says how far it goes: a page that ends there is the
   * last one for now. A task's own journal is its root item's, under the task's id.
   *
   * @throws {PositionExpiredError} `events.position_expired`: rows right after `afterPosition` were deleted; go on
   * from `details.oldestPosition - 1`.
   * @throws {WorkItemNotFoundError} `work_item.not_found`
   */
  async read(
    workItemId: string,
    options: { readonly afterPosition?: number; readonly limit?: number } & TenantOption = {},
  ): Promise<Omit<EventPage, 'events'> & { readonly events: readonly Event[] }> {
    const { afterPosition = 0, limit = PAGE_LIMIT } = options
    const page = await this.context.submits.submit(readEvents, {
      tenant: tenantOf(this.context, options),
      workItemId: checkName('workItemId', workItemId),
      afterPosition: checkInteger('afterPosition', afterPosition, 0, Number.MAX_SAFE_INTEGER - 1),
      limit: checkPage(limit),
    })
    return { ...page, events: page.events.map((event) => this.#decode(event)) }
  }

  /**
   * Adds a `log` row under a lease.
   *
   * @throws {LeaseLostError} `lease.lost`; `work_item.not_found`, `work_item.already_terminal`, `input.too_large`
   */
  async log(
    lease: LeaseRef,
    data: unknown,
    options: { readonly spanId?: string } = {},
  ): Promise<{ readonly position: number }> {
    return this.context.submits.submit(appendLog, {
      ...leaseRefOf(lease),
      data: encode(this.context, data),
      spanId: options.spanId === undefined ? null : checkName('spanId', options.spanId),
      nowMs: this.context.clock.nowMs(),
    })
  }

  #decode({ data, ...rest }: EventRecord): Event {
    return { ...rest, data: data === null ? undefined : decode(this.context, data) }
  }
}
