import { createServer } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CRASHING, exitsWith, LATE_API, READY_API, STEADY_WORKER, STUBBORN_WORKER } from './fixtures/processes.mjs'
import { isAlive, killLeftovers, runSupervisor, runSupervisorUnderShell } from './fixtures/run-supervisor.mjs'

afterEach(killLeftovers)

describe('the supervisor', () => {
  it.each(['SIGTERM', 'SIGINT'])('stops both processes on %s and exits with 0', async (signal) => {
    const run = runSupervisor({ api: READY_API, worker: STEADY_WORKER })
    await run.until(/worker \| pid/)

    run.process.kill(signal)

    expect(await run.exited).toEqual({ code: 0, signal: null })
    expect(run.pids()).toHaveLength(2)
    expect(run.pids().filter(isAlive)).toEqual([])
  })

  it('starts the worker only after the API is ready', async () => {
    const run = runSupervisor({ api: LATE_API, worker: STEADY_WORKER })
    await run.until(/worker \| pid/)

    expect(run.printed()).toMatch(/migrated.*worker \| pid/s)

    run.process.kill('SIGTERM')
    await run.exited
  })

  it('kills a process that does not stop within its grace', async () => {
    const run = runSupervisor({ api: READY_API, worker: STUBBORN_WORKER })
    await run.until(/worker \| pid/)

    run.process.kill('SIGTERM')

    expect(await run.exited).toEqual({ code: 0, signal: null })
    expect(run.printed()).toContain('worker | not now')
    expect(run.pids().filter(isAlive)).toEqual([])
  })

  it('starts a killed worker again and says so', async () => {
    const run = runSupervisor({ api: READY_API, worker: STEADY_WORKER })
    const [, first] = await run.until(/worker \| pid (\d+)/)

    process.kill(Number(first), 'SIGKILL')

    const [, second] = await run.until(/said worker runs again, pid (\d+)/)
    expect(run.printed()).toContain('said worker ended (SIGKILL); starting it again in 250 ms')
    expect(second).not.toBe(first)
    run.process.kill('SIGTERM')
    await run.exited
  })

  it('starts a killed API again', async () => {
    const run = runSupervisor({ api: READY_API, worker: STEADY_WORKER })
    await run.until(/worker \| pid/)

    process.kill(run.pids()[0], 'SIGKILL')

    await run.until(/api {4}\| pid \d+.*api {4}\| pid \d+/s)
    expect(run.printed()).toContain('said api ended (SIGKILL); starting it again in 250 ms')
    run.process.kill('SIGTERM')
    await run.exited
    expect(run.pids().filter(isAlive)).toEqual([])
  })

  it('waits longer after each crash in a row', async () => {
    const run = runSupervisor({ api: READY_API, worker: CRASHING })

    await run.until(/in 250 ms.*in 500 ms.*in 1000 ms/s)

    expect(run.printed()).toContain('said worker ended (exit code 3); starting it again in 250 ms')
    run.process.kill('SIGTERM')
    expect(await run.exited).toEqual({ code: 0, signal: null })
  })

  it('says that the port is taken, with the code and the way out, and starts nothing', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await vi.waitUntil(() => other.listening)
    const { port } = other.address()

    const run = runSupervisor({ api: READY_API, worker: STEADY_WORKER, port })

    expect(await run.exited).toEqual({ code: 1, signal: null })
    expect(run.printed()).toContain(`Cannot listen on 127.0.0.1:${port}: the port is taken (EADDRINUSE)`)
    expect(run.printed()).toContain('HOLDFAST_PORT=')
    expect(run.pids()).toEqual([])
    other.close()
  })

  it('gives up when the API finds its port taken after all', async () => {
    const run = runSupervisor({ api: exitsWith(98), worker: STEADY_WORKER })

    expect(await run.exited).toEqual({ code: 1, signal: null })
    expect(run.printed()).toContain('said api could not listen: its port is taken')
  })

  it('gives up when the worker refuses its configuration, and stops the API', async () => {
    const run = runSupervisor({ api: READY_API, worker: exitsWith(78) })

    expect(await run.exited).toEqual({ code: 1, signal: null })
    expect(run.printed()).toContain('said worker refused its configuration')
    expect(run.pids()).toHaveLength(2)
    expect(run.pids().filter(isAlive)).toEqual([])
  })

  it('gives up when the API ends before it was ever ready', async () => {
    const run = runSupervisor({ api: CRASHING, worker: STEADY_WORKER })

    expect(await run.exited).toEqual({ code: 1, signal: null })
    expect(run.printed()).toContain('said api ended (exit code 3) before it was ready')
    expect(run.pids()).toHaveLength(1)
  })

  it('stops both processes when its own parent is gone', async () => {
    const run = runSupervisorUnderShell({ api: READY_API, worker: STEADY_WORKER })
    await run.until(/worker \| pid/)

    run.process.kill('SIGKILL')

    await vi.waitUntil(() => run.pids().every((pid) => !isAlive(pid)), { timeout: 10_000, interval: 50 })
    expect(run.pids()).toHaveLength(2)
  })
})
