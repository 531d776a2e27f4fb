import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCli, startCli } from './run-cli.js'
import { runningApi, type RunningApi } from './running-api.js'

const envOf = ({ url, token }: RunningApi) => ({ HOLDFAST_URL: url, HOLDFAST_TOKEN: token })

const emptyFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

describe('the holdfast command', () => {
  it('submits and watches a task to its end, and gives 0', async () => {
    const api = await runningApi()
    await api.work()

    const { code, stdout, stderr } = await runCli(['submit', 'echo', '--input', '-', '--watch'], {
      env: envOf(api),
      input: '{"from":"a pipe"}',
    })

    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^[0-9a-f-]{36}\n/)
    expect(stdout).toContain('result  {"from":"a pipe"}\n')
  })

  it('gives 1 for a task that failed', async () => {
    const api = await runningApi()
    await api.work()

    const { code, stdout } = await runCli(['submit', 'fail', '--watch'], { env: envOf(api) })

    expect(code).toBe(1)
    expect(stdout).toContain('error   test.bad: ')
  })

  it('says a refusal in one line with its code, without a stack, and gives 1', async () => {
    const api = await runningApi()

    const { code, stdout, stderr } = await runCli(['show', 'none'], { env: envOf(api) })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^holdfast: task\.not_found: [^\n]+\n$/)
  })

  it.each([
    ['cli.no_api', ['tasks'], {}, 1],
    ['cli.invalid_url', ['tasks'], { HOLDFAST_URL: 'x', HOLDFAST_TOKEN: 'x' }, 1],
    ['cli.unreachable', ['tasks'], { HOLDFAST_URL: 'http://127.0.0.1:1', HOLDFAST_TOKEN: 'x' }, 1],
    // The doctor's own: it couldn't look.
    ['store.missing', ['doctor'], {}, 2],
  ])('says %s in the same way', async (expected, args, env, exitCode) => {
    const { code, stderr } = await runCli(args, { env: { HOLDFAST_DATA_DIR: await emptyFolder(), ...env } })

    expect(code).toBe(exitCode)
    expect(stderr).toMatch(new RegExp(`^holdfast: ${expected.replace('.', '\\.')}: [^\n]+\n$`))
  })

  it('looks at a file that is none of ours without a stack', async () => {
    const folder = await emptyFolder()
    await writeFile(join(folder, 'holdfast.db'), 'my diary')

    const { code, stderr } = await runCli(['doctor'], { env: { HOLDFAST_DATA_DIR: folder } })

    expect(code).toBe(2)
    expect(stderr).toMatch(/^holdfast: store\.not_a_database: [^\n]+\n$/)
  })

  it.each([[['sumbit']], [['submit']], [['tasks', '--limit', 'many']], [['tasks', '--colour']], [[]]])(
    'explains itself when it is used wrongly, and gives 2: %j',
    async (args) => {
      const { code, stderr } = await runCli(args)

      expect(code).toBe(2)
      expect(stderr).toMatch(/holdfast/)
      expect(stderr).not.toMatch(/^\s+at /m)
    },
  )

  it.each([['--help'], ['--version']])('gives 0 for %s', async (flag) => {
    const { code, stdout } = await runCli([flag])

    expect(code).toBe(0)
    expect(stdout).not.toBe('')
  })

  it('gives 130 when it is interrupted, and leaves the task alone', async () => {
    const api = await runningApi()
    const { taskId } = await api.store.tasks.submit({ type: 'echo', input: 1 })
    const watching = startCli(['watch', taskId], { env: envOf(api) })
    await expect.poll(watching.stdout, { timeout: 20_000 }).toContain('active')

    watching.interrupt()

    expect(await watching.ended).toMatchObject({ code: 130, stderr: '' })
    expect((await api.store.tasks.require(taskId)).state).toBe('active')
  })
})
