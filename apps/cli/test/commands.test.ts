import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ApiClient } from '../src/api-client.js'
import { cancel } from '../src/commands/cancel.js'
import { search } from '../src/commands/search.js'
import { show } from '../src/commands/show.js'
import { submit } from '../src/commands/submit.js'
import { tasks } from '../src/commands/tasks.js'
import { watch } from '../src/commands/watch.js'
import { recordingTerminal } from './recording-terminal.js'
import { runningApi, type RunningApi } from './running-api.js'

const submitted = (api: RunningApi, type: string, input: unknown) =>
  submit(api.client, recordingTerminal(), type, { input: JSON.stringify(input) })

const ended = async (api: RunningApi, type: string, input: unknown) => {
  const id = await submitted(api, type, input)
  await api.work()
  await watch(api.client, recordingTerminal(), id)
  return id
}

describe('submit', () => {
  it('prints the id of the new task, alone on its line', async () => {
    const { client, store } = await runningApi()
    const terminal = recordingTerminal()

    const id = await submit(client, terminal, 'echo', { input: '{"a":1}', priority: 7 })

    expect(terminal.lines).toEqual([id])
    expect(await store.workItems.require(id)).toMatchObject({ type: 'echo', input: { a: 1 }, priority: 7 })
  })

  it('submits null where no input is given', async () => {
    const { client, store } = await runningApi()

    const id = await submit(client, recordingTerminal(), 'echo', {})

    expect((await store.workItems.require(id)).input).toBeNull()
  })

  it('reads its input from a file', async () => {
    const { client, store } = await runningApi()
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'input.json'), '{"from":"a file"}')

    const id = await submit(client, recordingTerminal(), 'echo', { input: `@${join(folder, 'input.json')}` })

    expect((await store.workItems.require(id)).input).toEqual({ from: 'a file' })
  })

  it('is one task however often it is sent with one id or one key', async () => {
    const { client } = await runningApi()
    const terminal = recordingTerminal()

    const byId = { input: '1', id: 'mine' }
    await submit(client, terminal, 'echo', byId)
    await submit(client, terminal, 'echo', byId)
    const byKey = { input: '2', key: 'order "7"' }
    const first = await submit(client, terminal, 'echo', byKey)
    const second = await submit(client, terminal, 'echo', byKey)

    expect(terminal.lines.slice(0, 2)).toEqual(['mine', 'mine'])
    expect(second).toBe(first)
  })

  it.each([
    ['what is not JSON', '{a:1}'],
    ['nothing at all', ''],
    ['a file that is not there', '@/none/such.json'],
  ])('refuses %s before it asks the API', async (_what, input) => {
    const api = new ApiClient({ url: 'http://127.0.0.1:1', token: 'x' })

    await expect(submit(api, recordingTerminal(), 'echo', { input })).rejects.toMatchObject({
      code: 'cli.invalid_input',
    })
  })

  it.each([
    ['task.unknown_type', 'none', {}],
    ['input.invalid', 'echo', { priority: 1.5 }],
  ])("passes on the API's refusal: %s", async (code, type, options) => {
    const { client } = await runningApi()

    await expect(submit(client, recordingTerminal(), type, options)).rejects.toMatchObject({ code })
  })
})

describe('tasks', () => {
  it('lists tasks, newest first, and says when there are more', async () => {
    const api = await runningApi()
    const [first, second] = [await submitted(api, 'echo', 1), await submitted(api, 'fail', 2)]
    const all = recordingTerminal()
    const one = recordingTerminal()

    await tasks(api.client, all, {})
    await tasks(api.client, one, { limit: 1 })

    expect(all.lines[0]).toMatch(/^ID +TYPE +STATE/)
    expect(all.lines.slice(1).map((line) => line.split(/ +/)[0])).toEqual([second, first])
    expect(one.lines.at(-1)).toContain('--limit')
  })

  it('narrows by state and type, and says when there is nothing', async () => {
    const api = await runningApi()
    await submitted(api, 'echo', 1)
    const some = recordingTerminal()
    const none = recordingTerminal()

    await tasks(api.client, some, { type: 'echo', state: 'active' })
    await tasks(api.client, none, { state: 'completed' })

    expect(some.lines).toHaveLength(2)
    expect(none.lines).toEqual(['no tasks'])
  })

  it('refuses a state that there is not', async () => {
    const { client } = await runningApi()

    await expect(tasks(client, recordingTerminal(), { state: 'done' })).rejects.toMatchObject({ code: 'input.invalid' })
  })
})

describe('show', () => {
  it('shows a task with its result and its items', async () => {
    const api = await runningApi()
    const id = await ended(api, 'echo', { said: 'hello' })
    const terminal = recordingTerminal()

    await show(api.client, terminal, id, {})

    expect(terminal.text).toMatch(/^state +completed$/m)
    expect(terminal.text).toMatch(/^result +\{"said":"hello"\}$/m)
    expect(terminal.text).toMatch(new RegExp(`^${id} +echo +completed +1/3$`, 'm'))
  })

  it('shows only the items of a state, with why they failed, and nothing that a terminal obeys', async () => {
    const api = await runningApi()
    const id = await ended(api, 'crumble', { count: 2 })
    const terminal = recordingTerminal()

    await show(api.client, terminal, id, { state: 'failed' })

    expect(terminal.text).toMatch(/^items +completed 1, failed 2$/m)
    expect(terminal.lines.filter((line) => line.includes('test.bad: file'))).toHaveLength(2)
    expect(terminal.text).not.toContain('\u001b')
  })

  it('gives the same as JSON', async () => {
    const api = await runningApi()
    const id = await submitted(api, 'echo', 1)
    const terminal = recordingTerminal()

    await show(api.client, terminal, id, { json: true })

    expect(JSON.parse(terminal.text)).toMatchObject({ id, state: 'active', items: [{ id, state: 'pending' }] })
  })

  it('refuses an id that there is not', async () => {
    const { client } = await runningApi()

    await expect(show(client, recordingTerminal(), 'none/../..', {})).rejects.toMatchObject({ code: 'task.not_found' })
  })
})

describe('watch', () => {
  it('prints a line per change, then the result, and 0 for a task that completed', async () => {
    const api = await runningApi()
    const id = await submitted(api, 'echo', [1])
    const terminal = recordingTerminal()

    const watching = watch(api.client, terminal, id)
    await expect.poll(() => terminal.lines).toEqual(['active  0/1 items'])
    await api.work()

    expect(await watching).toBe(0)
    expect(terminal.lines.slice(-2)).toEqual(['completed  1/1 items', 'result  [1]'])
    expect(terminal.text).not.toContain('\u001b')
  })

  it('draws over its line on a terminal', async () => {
    const api = await runningApi()
    const id = await submitted(api, 'echo', null)
    const terminal = recordingTerminal({ isTty: true, columns: 60 })

    const watching = watch(api.client, terminal, id)
    await api.work()
    await watching

    const [first, ...drawn] = terminal.text.split('\r\u001b[2K')
    expect(first).toBe('')
    expect(drawn[0]).toMatch(/^active /)
    expect(drawn.at(-1)).toMatch(/^completed {2}█+ {2}1\/1 {2}100%\n$/)
  })

  it('gives 1 for a task that failed, and says why', async () => {
    const api = await runningApi()
    const id = await submitted(api, 'fail', 'it')
    const terminal = recordingTerminal()

    const watching = watch(api.client, terminal, id)
    await api.work()

    expect(await watching).toBe(1)
    expect(terminal.text).toContain('error   test.bad: it is \uFFFD[31mbad')
  })

  it('lists the first failed items of a task that completed all the same', async () => {
    const api = await runningApi()
    const id = await submitted(api, 'crumble', { count: 12 })
    const terminal = recordingTerminal()

    const watching = watch(api.client, terminal, id)
    await api.work()

    expect(await watching).toBe(0)
    expect(terminal.lines.filter((line) => line.startsWith('  test.bad: file'))).toHaveLength(10)
    expect(terminal.lines.at(-1)).toBe(`  … all of them: holdfast show ${id} --state failed`)
  })

  it('refuses an id that there is not, at once', async () => {
    const { client } = await runningApi()

    await expect(watch(client, recordingTerminal(), 'none')).rejects.toMatchObject({ code: 'task.not_found' })
  })

  it('ends when it is interrupted', async () => {
    const { url, token, store } = await runningApi()
    const { taskId } = await store.tasks.submit({ type: 'echo', input: 1 })
    const interrupt = new AbortController()

    const client = new ApiClient({ url, token }, interrupt.signal)
    const watching = watch(client, recordingTerminal(), taskId, interrupt.signal)
    setImmediate(() => interrupt.abort())

    await expect(watching).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('cancel', () => {
  it('cancels what is open', async () => {
    const api = await runningApi()
    const id = await submitted(api, 'echo', 1)
    const terminal = recordingTerminal()

    await cancel(api.client, terminal, id)

    expect(terminal.lines).toEqual(['cancelled  1 item cancelled'])
    expect(await api.store.tasks.require(id)).toMatchObject({ state: 'cancelled' })
  })

  it('is refused for a task that has ended', async () => {
    const api = await runningApi()
    const id = await ended(api, 'echo', 1)

    await expect(cancel(api.client, recordingTerminal(), id)).rejects.toMatchObject({ code: 'task.already_terminal' })
  })
})

describe('search', () => {
  it('shows where the words stand, and the words around them', async () => {
    const { client, memory } = await runningApi()
    await memory.remember('notes', 'zoo.md#zebras', 'a zebra\u0007 runs', { headingTrail: 'Zoo › Zebras' })
    const terminal = recordingTerminal()

    await search(client, terminal, ['zebra'], {})

    expect(terminal.lines).toEqual(['zoo.md#zebras  Zoo › Zebras', '    a [zebra]\uFFFD runs'])
  })

  it('highlights them on a terminal', async () => {
    const { client, memory } = await runningApi()
    await memory.remember('notes', 'zoo.md', 'a zebra')
    const terminal = recordingTerminal({ isTty: true })

    await search(client, terminal, ['zebra'], {})

    expect(terminal.lines.at(-1)).toBe('    a \u001b[33mzebra\u001b[0m')
  })

  it('looks into one namespace, takes a limit, and says when there is nothing', async () => {
    const { client, memory } = await runningApi()
    for (const key of ['a', 'b']) await memory.remember('notes', key, 'zebra')
    const [one, none] = [recordingTerminal(), recordingTerminal()]

    await search(client, one, ['zebra'], { namespace: 'notes', limit: 1 })
    await search(client, none, ['zebra'], { namespace: 'other' })

    expect(one.lines).toHaveLength(2)
    expect(none.lines).toEqual(['nothing found'])
  })

  it('refuses a question without a word', async () => {
    const { client } = await runningApi()

    await expect(search(client, recordingTerminal(), ['***'], {})).rejects.toMatchObject({ code: 'input.invalid' })
  })
})
