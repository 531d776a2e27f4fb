/**
 * What one process can tell about another. `unknown`: nothing can be told, for example because its lock file is gone;
 * its leases then end by expiry.
 */
export type ProcessLiveness = 'alive' | 'dead' | 'unknown'

/**
 * What the id of a process is extended by where a thread of it opens the store as well, to keep its leases. Whoever
 * finds that process dead knows what its thread left for what it is, and the process itself needn't ask after its own.
 */
export const LEASE_THREAD_SUFFIX = '-leases'

/**
 * Notices death at once: every process that opens the store holds a lock that the system frees when it ends, however it
 * ends. Right for killed, stopped and live processes, also across containers, where pids lie.
 */
export interface Liveness {
  /** The process of this id, which is the `processId` of its `info()`. */
  probe(processId: string): Promise<ProcessLiveness>

  /**
   * The ids of all processes that opened this store and have died since, registered or not, until they are forgotten.
   * Cheap enough to be asked several times a second. What can't be told of one process doesn't hide the others.
   */
  dead(): Promise<readonly string[]>

  /**
   * Removes what is left of a dead process; call it once its death is recorded. Does nothing to one that lives.
   *
   * @returns whether it was this call that removed it: of all who forget one process, one is told so.
   */
  forget(processId: string): Promise<boolean>
}
