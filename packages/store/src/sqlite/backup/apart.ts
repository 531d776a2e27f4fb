import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BackupInterruptedError, errorOf } from '../../errors.js'
import type { Refusal } from '../../operation.js'
import { codeFlags } from '../thread-flags.js'
import { systemTimers, type Timers } from '../timers.js'
import type { BackupJob, BackupReport } from './make-backup.js'
import { dropPrivateFile } from './private-file.js'
import type { RestoreJob, RestoreReport } from './restore-copy.js'
import type { VerifyJob, VerifyReport } from './verify-copy.js'

/** The kinds of work that a process of their own does, with what each is told and what it answers. */
export interface Jobs {
  readonly backup: readonly [BackupJob, BackupReport]
  readonly verify: readonly [VerifyJob, VerifyReport]
  readonly restore: readonly [RestoreJob, RestoreReport]
}

/** What the process says, once. */
export type Answer = { readonly report: unknown } | { readonly refusal: Refusal }

export interface Watch {
  /** Told of the bytes of the copy, a few times a second while it grows. */
  readonly onProgress?: ((bytes: number) => void) | undefined
  /** Ends the work; what it was making is removed, what it was to replace stays. */
  readonly signal?: AbortSignal | undefined
  readonly timers?: Timers | undefined
}

const PROGRESS_EVERY_MS = 250

/**
 * Runs a job in a process of its own: it may take minutes, it opens files that this process may have open, which would
 * cost this one its locks, and a signal can end it anywhere.
 *
 * @throws {BackupInterruptedError} `backup.interrupted`: it was ended before it answered.
 */
export const runApart = async <Kind extends keyof Jobs>(
  kind: Kind,
  job: Jobs[Kind][0],
  { onProgress, signal, timers = systemTimers }: Watch,
): Promise<Jobs[Kind][1]> => {
  signal?.throwIfAborted()
  const partial = 'partial' in job ? job.partial : undefined
  const child = fork(ENTRY, [], { serialization: 'advanced', execArgv: codeFlags() })
  const end = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', end, { once: true })
  const stopWatching = partial && onProgress ? watchSize(partial, onProgress, timers) : () => {}
  try {
    const answer = await answerOf(child, { kind, job })
    if (answer && 'report' in answer) return answer.report as Jobs[Kind][1] // what the job's own function gave back
    if (answer) throw errorOf(answer.refusal)
    if (partial !== undefined) dropPrivateFile(partial)
    signal?.throwIfAborted()
    throw new BackupInterruptedError(`the process of the ${kind} ended before it was done`, {
      exitCode: child.exitCode,
      signal: child.signalCode,
    })
  } finally {
    stopWatching()
    signal?.removeEventListener('abort', end)
  }
}

const ENTRY = fileURLToPath(new URL('./apart-process.js', import.meta.url))

/** Undefined when it ended without one. */
const answerOf = (child: ChildProcess, question: object): Promise<Answer | undefined> =>
  new Promise((resolve, reject) => {
    let answer: Answer | undefined
    child.once('error', reject)
    child.once('message', (message: Answer) => {
      answer = message
    })
    // Its end is awaited, so that nothing of it is left when the caller goes on.
    child.once('exit', () => resolve(answer))
    child.send(question, (error) => {
      if (error) child.kill('SIGKILL')
    })
  })

const watchSize = (path: string, onProgress: (bytes: number) => void, timers: Timers): (() => void) => {
  let cancel = (): void => {}
  const look = (): void => {
    const size = statSync(path, { throwIfNoEntry: false })?.size
    if (size !== undefined) onProgress(size)
    cancel = timers.after(PROGRESS_EVERY_MS, look)
  }
  look()
  return () => cancel()
}

/** A name beside `path` for a copy in the making. Nothing looks for it: what a killed process leaves may be deleted. */
export const partialOf = (path: string): string => `${path}.partial-${randomBytes(6).toString('hex')}`
