import { describe, expect, it } from 'vitest'
import { SupervisedThread } from '../../src/sqlite/supervised-thread.js'
import { fakeTimers } from '../support/fake-timers.js'

/** A thread made of its text: it does `atStart`, says that it is ready, and answers each question with `reply`. */
const entryOf = (reply: string, atStart = ''): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort, workerData } from 'node:worker_threads'
      ${atStart}
      parentPort.on('message', (question) => {
        if (question === 'close') return parentPort.close()
        ${reply}
      })
      parentPort.postMessage({ kind: 'ready', ready: null })`)}`,
  )

const threadOf = (entry: URL, workerData: unknown = null) => {
  const timers = fakeTimers()
  const warnings: string[] = []
  const thread = new SupervisedThread<unknown, unknown, null>({
    entry,
    workerData,
    timers,
    onReady: () => {},
    onWarning: ({ code }) => warnings.push(code),
    name: 'writer',
  })
  return { thread, timers, warnings }
}

const ECHO = `parentPort.postMessage({ kind: 'reply', reply: question })`

describe('a supervised thread', () => {
  it('answers what it is asked, and ends when it is closed', async () => {
    const { thread } = threadOf(entryOf(ECHO))
    await thread.start()

    expect(await thread.ask({ n: 1 })).toEqual({ n: 1 })
    await thread.close()
  })

  it('answers several questions in their order, and rejects all of them when it dies', async () => {
    const { thread } = threadOf(entryOf(`if (question === 'die') process.exit(3); ${ECHO}`))
    await thread.start()

    expect(await Promise.all([1, 2, 3].map((n) => thread.ask(n)))).toEqual([1, 2, 3])
    const answers = await Promise.allSettled(['before', 'die', 'after'].map((question) => thread.ask(question)))

    // What it said before its death may or may not have been heard; what it was asked after that has no answer.
    expect(answers.slice(1)).toMatchObject([
      { status: 'rejected', reason: { code: 'store.thread_died' } },
      { status: 'rejected', reason: { code: 'store.thread_died' } },
    ])
    await thread.close()
  })

  it('passes warnings on, which answer nothing', async () => {
    const warning = `parentPort.postMessage({ kind: 'warning', warning: { code: 'odd', message: '', details: {} } })`
    const { thread, warnings } = threadOf(entryOf(`${warning}; ${ECHO}`))
    await thread.start()

    expect(await thread.ask(1)).toBe(1)
    expect(warnings).toEqual(['odd'])
    await thread.close()
  })

  it('refuses to start where there is no such file, and says what to do in a bundle', async () => {
    const { thread } = threadOf(new URL('./nowhere.js', import.meta.url))

    await expect(thread.start()).rejects.toMatchObject({
      code: 'store.unsupported',
      message: expect.stringContaining(`writer: 'inline'`),
    })
  })

  it('is started again after growing pauses when it dies, and rejects what it was asked', async () => {
    const { thread, timers, warnings } = threadOf(entryOf(`if (question === 'die') process.exit(3); ${ECHO}`))
    await thread.start()

    await expect(thread.ask('die')).rejects.toMatchObject({ code: 'store.thread_died', details: { exitCode: 3 } })
    timers.advance(49)
    expect(timers.armed).toBe(1)
    timers.advance(1)
    await thread.ready()
    await expect(thread.ask('die')).rejects.toMatchObject({ code: 'store.thread_died' })
    timers.advance(99)
    expect(timers.armed).toBe(1)
    timers.advance(1)
    await thread.ready()

    expect(await thread.ask('alive')).toBe('alive')
    expect(warnings).toEqual(['writer.restarted', 'writer.restarted'])
    await thread.close()
  })

  it('says when its successor could not start, and tries again', async () => {
    const starts = new Int32Array(new SharedArrayBuffer(4))
    const secondFails = 'if (Atomics.add(workerData, 0, 1) === 1) process.exit(4)'
    const entry = entryOf(`if (question === 'die') process.exit(3); ${ECHO}`, secondFails)
    const { thread, timers, warnings } = threadOf(entry, starts)
    await thread.start()
    await expect(thread.ask('die')).rejects.toMatchObject({ code: 'store.thread_died' })

    timers.advance(50)
    await expect.poll(() => warnings).toEqual(['writer.restarted', 'writer.restart_failed'])
    timers.advance(100)
    await thread.ready()

    expect(await thread.ask('alive')).toBe('alive')
    await thread.close()
  })

  it('tells of an error that nobody caught in it', async () => {
    const { thread } = threadOf(entryOf(`throw new RangeError('a defect')`))
    await thread.start()

    await expect(thread.ask(1)).rejects.toMatchObject({ cause: { message: 'a defect' } })
    await thread.close()
  })

  it('ends when it is closed while it starts', async () => {
    const { thread } = threadOf(entryOf(ECHO))
    const started = thread.start()

    await thread.close()

    await started
    await expect(thread.ask(1)).rejects.toMatchObject({ code: 'store.closed' })
  })

  it('is not started again after close', async () => {
    const { thread, timers } = threadOf(entryOf(`process.exit(3)`))
    await thread.start()
    await expect(thread.ask(1)).rejects.toMatchObject({ code: 'store.thread_died' })

    await thread.close()

    expect(timers.armed).toBe(0)
  })
})
