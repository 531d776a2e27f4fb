import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const SCRIPT = fileURLToPath(new URL('./plain-sql.mjs', import.meta.url))

/** Runs SQL on a file in a process that has ended when this resolves. */
export const asPlainSql = async (path: string, sql: string): Promise<void> => {
  const [code] = await once(fork(SCRIPT, [path, sql]), 'exit')
  if (code !== 0) throw new Error(`the process that ran the SQL ended with ${code}`)
}

/** The same in a process that keeps its connection, and whatever the SQL began, until the test ends. */
export const keepingPlainSql = async (path: string, sql: string): Promise<ChildProcess> => {
  const child = fork(SCRIPT, [path, sql, 'keep'])
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}
