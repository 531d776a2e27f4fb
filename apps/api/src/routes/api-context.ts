import type { TaskRegistry } from '@holdfast/engine'
import type { Memory } from '@holdfast/memory'
import type { Repositories, WriteTrouble } from '@holdfast/store'
import type { StreamHost } from '../streams/event-stream.js'

/** The repositories that routes use. None of them can claim, sweep or delete. */
export type ApiStore = Pick<Repositories, 'tasks' | 'workItems' | 'checkpoints' | 'events' | 'processes'> & {
  readonly leases: Pick<Repositories['leases'], 'status'>
}

/** What the routes work with. Everything belongs to the one tenant that `store` and `memory` were made for. */
export interface ApiContext extends StreamHost {
  readonly store: ApiStore
  readonly memory: Pick<Memory, 'search'>
  /** The task types that may be submitted. */
  readonly tasks: Pick<TaskRegistry, 'require'>
  /** Why the store writes nothing at the moment; undefined while it does. Asked at each look at the health. */
  readonly trouble: () => WriteTrouble | undefined
}
