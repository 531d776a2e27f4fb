import type { Submits } from '../operation.js'
import { contextOf, repositoryContext, type RepositoryContext, type RepositoryOptions } from './context.js'
import { Checkpoints } from './checkpoints.js'
import { Events } from './events.js'
import { IdempotencyKeys } from './idempotency.js'
import { Leases } from './leases.js'
import { Processes } from './processes.js'
import { Retention } from './retention.js'
import { Sweep } from './sweep.js'
import { Tasks } from './tasks.js'
import { WorkItems } from './work-items.js'

/** What callers use: plain values in, plain values or typed errors out. */
export interface Repositories {
  readonly tasks: Tasks
  readonly workItems: WorkItems
  readonly leases: Leases
  readonly checkpoints: Checkpoints
  readonly idempotency: IdempotencyKeys
  readonly events: Events
  readonly processes: Processes
  readonly sweep: Sweep
  readonly retention: Retention
  /** The same repositories with another tenant as their default. */
  forTenant(tenant: string): Repositories
}

/** Makes every repository over one store. All that they remember is since when a key in progress stands as it is. */
export const repositories = (submits: Submits, options: RepositoryOptions = {}): Repositories =>
  repositoriesOf(repositoryContext(submits, options))

const repositoriesOf = (context: RepositoryContext): Repositories => {
  const all: Repositories = {
    tasks: new Tasks(context),
    workItems: new WorkItems(context),
    leases: new Leases(context),
    checkpoints: new Checkpoints(context),
    idempotency: new IdempotencyKeys(context),
    events: new Events(context),
    processes: new Processes(context),
    sweep: new Sweep(context),
    retention: new Retention(context),
    forTenant: (tenant) => (tenant === context.tenant ? all : repositoriesOf(contextOf(context, tenant))),
  }
  return all
}
