import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Connection } from '../../src/sqlite/connection.js'
import { openDatabase, type OpenDatabaseOptions } from '../../src/sqlite/database.js'
import { tempPath } from './temp-folder.js'

const OPENER = fileURLToPath(new URL('./thread-opener.mjs', import.meta.url))

describe('a thread that opens the file of its starter', () => {
  const openFile = (): Connection => {
    const connection = openDatabase({ path: tempPath(), role: 'writer', create: true, lockWaitMs: 0 })
    onTestFinished(() => connection.close())
    return connection
  }

  /** Starts a thread and answers with what it said of its open. */
  const startThread = async (
    options: OpenDatabaseOptions,
    { holdsLock = false } = {},
  ): Promise<{ thread: Worker; said: string }> => {
    const thread = new Worker(OPENER, { workerData: { options, holdsLock } })
    onTestFinished(() => void thread.terminate())
    const [said] = (await once(thread, 'message')) as [string]
    return { thread, said }
  }

  it('is told that the file was checked, and through which copy', async () => {
    const { path, copy } = openFile()

    const { said } = await startThread({ path, role: 'writer', checked: true, copy })

    expect(said).toBe('open')
  })

  it('refuses to open it through another copy', async () => {
    const { path } = openFile()

    const { said } = await startThread({ path, role: 'writer', checked: true, copy: '/elsewhere/index.node' })

    expect(said).toBe('driver.duplicate')
  })

  it('frees the write lock when it is ended in the middle of a transaction', async () => {
    const connection = openFile()
    const { path, copy } = connection
    const { thread } = await startThread({ path, role: 'writer', checked: true, copy }, { holdsLock: true })
    expect(() => connection.exec('BEGIN IMMEDIATE')).toThrow(/locked/)

    await thread.terminate()

    connection.exec('BEGIN IMMEDIATE')
    connection.exec('ROLLBACK')
  })
})
