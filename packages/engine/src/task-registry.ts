import { UnknownTaskTypeError } from '@holdfast/store'
import { ConfigInvalidError } from './errors.js'
import type { AnyTaskDefinition } from './task-definition.js'

/** The queues that one claim may name, and the lease length that suits all of them. */
export interface ClaimLane {
  readonly queues: readonly string[]
  readonly leaseMs: number
}

/** What one claim may name. */
const QUEUES_PER_CLAIM = 100

/** The task definitions of a process, by name. */
export class TaskRegistry {
  readonly #definitions = new Map<string, AnyTaskDefinition>()

  /** @throws {ConfigInvalidError} `config.invalid`: two definitions of one name. */
  constructor(definitions: Iterable<AnyTaskDefinition>) {
    for (const definition of definitions) {
      const known = this.#definitions.get(definition.name)
      if (known === definition) continue
      if (known) throw new ConfigInvalidError(`task ${definition.name} is defined twice`, { name: definition.name })
      this.#definitions.set(definition.name, definition)
    }
  }

  get names(): readonly string[] {
    return [...this.#definitions.keys()].sort()
  }

  get(name: string): AnyTaskDefinition | undefined {
    return this.#definitions.get(name)
  }

  /** @throws {UnknownTaskTypeError} `task.unknown_type` */
  require(name: string): AnyTaskDefinition {
    const definition = this.#definitions.get(name)
    if (!definition) throw new UnknownTaskTypeError(`no task definition is called ${name}`, { type: name })
    return definition
  }

  /**
   * The queues in which items of these definitions wait, in lanes of one lease length. A queue that several
   * definitions share gets the longest of their leases.
   */
  lanes(only?: readonly string[]): readonly ClaimLane[] {
    const leaseOf = new Map<string, number>()
    for (const { queue, leaseMs } of this.#definitions.values()) {
      if (only && !only.includes(queue)) continue
      leaseOf.set(queue, Math.max(leaseMs, leaseOf.get(queue) ?? 0))
    }
    const lanes = new Map<number, string[]>()
    for (const [queue, leaseMs] of leaseOf) lanes.set(leaseMs, [...(lanes.get(leaseMs) ?? []), queue])
    return [...lanes].flatMap(([leaseMs, queues]) =>
      inGroupsOf(QUEUES_PER_CLAIM, queues).map((group) => ({ leaseMs, queues: group })),
    )
  }
}

const inGroupsOf = <Item>(size: number, items: readonly Item[]): readonly (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
