import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Store } from '@holdfast/store'
import { backup } from '@holdfast/store/sqlite'
import { afterAll, onTestFinished } from 'vitest'

type Repository = 'tasks' | 'leases' | 'idempotency' | 'checkpoints' | 'processes'

/**
 * A store in a process of its own. A library may keep a closed file open until its process ends, so a test that replaces
 * files never opens them itself.
 */
export interface StoreProcess {
  readonly child: ChildProcess
  /** Calls a method of a repository there. Errors come back with their code. */
  call<R extends Repository, M extends keyof Store[R] & string>(
    repository: R,
    method: M,
    ...args: Parameters<Extract<Store[R][M], (...args: never[]) => unknown>>
  ): Promise<Awaited<ReturnType<Extract<Store[R][M], (...args: never[]) => unknown>>>>
  /** Closes the store, and awaits the end of its process. */
  close(): Promise<void>
  /** `kill -9`. */
  kill(): Promise<void>
}

const SCRIPT = fileURLToPath(new URL('./store-process.mjs', import.meta.url))

export const startStore = async (path: string): Promise<StoreProcess> => {
  const child = fork(SCRIPT, [path])
  onTestFinished(() => void child.kill('SIGKILL'))
  const answer = async (): Promise<unknown> => {
    const [{ value, code, message }] = (await once(child, 'message')) as [
      { readonly value?: unknown; readonly code?: string; readonly message?: string },
    ]
    if (code !== undefined || message !== undefined) throw Object.assign(new Error(message), { code })
    return value
  }
  await answer()
  const ended = once(child, 'exit').then(() => {})
  return {
    child,
    call: async (repository, method, ...args) => {
      child.send({ path: `${repository}.${method}`, args })
      return (await answer()) as never // its type is the method's own
    },
    close: () => {
      child.send({ path: 'close' })
      return ended
    },
    kill: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

/** Opens a store, does something with it, and closes it again, all in a process that has ended when this resolves. */
export const withStore = async <Result>(
  path: string,
  use: (store: StoreProcess) => Promise<Result>,
): Promise<Result> => {
  const store = await startStore(path)
  const result = await use(store)
  await store.close()
  return result
}

/** A closed database, one file and nothing beside it, with `count` submitted tasks: `task-0` and on. */
export const madeStore = async (path: string, count = 3): Promise<void> => {
  const made = templates.get(count) ?? makeTemplate(count)
  templates.set(count, made)
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync(await made, path)
}

/** One for each size: to make one takes half a second. */
const templates = new Map<number, Promise<string>>()
const templateFolder = mkdtempSync(join(tmpdir(), 'holdfast-templates-'))
afterAll(() => rmSync(templateFolder, { recursive: true, force: true }))

const makeTemplate = async (count: number): Promise<string> => {
  const path = join(templateFolder, `${count}.db`)
  await withStore(path, async (store) => {
    for (let n = 0; n < count; n += 1)
      await store.call('tasks', 'submit', { id: `task-${n}`, type: 'greet', input: { n } })
  })
  return (await backup({ path, to: join(templateFolder, `${count}-closed.db`) })).path
}
