import type { DurabilityLevel } from '@holdfast/schema'
import type { StoreError } from './errors.js'
import type { Liveness } from './liveness.js'
import type { Operation, Submits } from './operation.js'
import type { Receipted } from './receipt.js'
import type { Repositories } from './repositories/index.js'

/** What an engine has to offer. Whatever it acknowledged is there after a crash, at the level that `info()` names. */
export interface StoreEngine extends Submits {
  /** Tells which processes that opened this store live. */
  readonly liveness: Liveness

  /**
   * Submits one write, and says what its acknowledgement is worth.
   *
   * @throws {InvalidInputError} `input.invalid`: the operation is a read; only a commit has a receipt.
   */
  submitWithReceipt<Args, Result>(op: Operation<Args, Result>, args: NoInfer<Args>): Promise<Receipted<Result>>

  /**
   * Calls `listener` after every commit, of any process, that made work claimable or due earlier.
   *
   * What is committed after this call returns is heard, within milliseconds where the database can say so and within
   * half a second otherwise; what was there before is not. So listen first, then look for work, then sleep. It may also
   * be called when there is nothing: `leases.peek` tells, and writes nothing.
   *
   * @returns Ends it. Closing the store does so too. Others say subscribe, LISTEN.
   */
  onWork(listener: () => void): () => void

  /**
   * Calls `listener` once when this store takes no more writes for good, at once where it has come to that: the file is
   * damaged (`store.corrupt`), or was taken from this process (`store.detached`). Let go then of what others can take
   * over, leases above all.
   *
   * @returns Ends it.
   */
  onStop(listener: (reason: StoreError) => void): () => void

  /** What was opened and the settings in force, read back. Holds no secret. */
  info(): StoreInfo

  /** Figures since the store was opened. */
  metrics(): StoreMetrics

  /**
   * Takes no more work, finishes what was taken, then lets go of every file, thread and timer. Idempotent.
   * Submissions after it are refused with `store.closed`.
   */
  close(): Promise<void>
}

/** Which database holds the store. */
export type EngineName = 'sqlite' | 'postgres'

/** An opened store, on any engine: its repositories, and what lies below them. */
export interface Store extends StoreEngine, Repositories {}

/** For the start-up line and for health checks. */
export interface StoreInfo {
  readonly engine: EngineName
  readonly driver: string
  /** The version of the database library or server. */
  readonly engineVersion: string
  /** The file's path, or the URL without its password. */
  readonly location: string
  readonly durability: DurabilityLevel
  /** Every setting of the writing connection that the promises rest on, as the database reports it. */
  readonly settings: Readonly<Record<string, string | number>>
  /** This process's id in `processes`, and the name of its death lock. */
  readonly processId: string
  /** What is known of the file after its last stop. */
  readonly fileCheck: FileCheck
}

/**
 * `not_needed`: it was closed well, others have it open, or the database looks after itself. Else a quick check is
 * `running`, or has ended: `sound`, `damaged` (nothing is written any more), or `cut_short` before it saw everything.
 */
export type FileCheck = 'not_needed' | 'running' | 'sound' | 'cut_short' | 'damaged'

/** One moment's figures; counters only grow. */
export interface StoreMetrics {
  /** Operations that wait for the writer now. */
  readonly queueSize: number
  /** The most that ever waited at once. */
  readonly queueHighWaterMark: number
  /** How long the oldest of them has waited, in milliseconds; 0 when none waits. */
  readonly oldestWaitingMs: number
  /** Groups that were run, and operations in them. */
  readonly groups: number
  readonly operations: number
  /** `operations / groups`; 0 before the first. */
  readonly meanGroupSize: number
  /** Groups that failed as a whole and were run again, one operation at a time. */
  readonly retries: number
  /** Operations that ended in an error of the store itself, not in a refusal of theirs. */
  readonly failures: number
  /** From submission to acknowledgement, over the last thousand or so operations. 0 before the first. */
  readonly latencyP50Ms: number
  readonly latencyP99Ms: number
  /** Set while the disk takes nothing that this process writes; absent while all is well. */
  readonly trouble?: WriteTrouble
}

/** Why nothing is written at the moment. Reads go on, and so do writes by themselves once the disk takes them again. */
export interface WriteTrouble {
  /** `store.disk_full` or `store.io`. */
  readonly code: string
  /** When the first write was refused, UTC milliseconds. */
  readonly sinceMs: number
}

/** Something a person should know about; nothing was lost. */
export interface StoreWarning {
  /**
   * `writer.slow`: the oldest operation waits for long. `writer.restarted`, `reader.restarted`: a thread died.
   * `writer.restart_failed`, `reader.restart_failed`: its successor couldn't start, and is tried again.
   * `wal.checkpoint_failed`: the log grows until it works again. `liveness.probe_failed`: whether that process lives
   * can't be told, so its leases end by expiry.
   * `lock.want_failed`: a process that waits for the write lock can't say so, and gets it later.
   * `bell.silent`, `bell.unwatched`: new work is found by polling, every half second.
   * `file.checked`: the check after an unclean stop has ended, later than the start. `store.corrupt`: it found damage.
   * `store.detached`: the file was taken from this process, and the store has stopped.
   */
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}
