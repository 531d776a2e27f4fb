import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findEndpoint } from '../src/endpoint.js'

let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'holdfast-cli-'))
  await mkdir(join(cwd, '.holdfast'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

const put = (name: string, text: string) => writeFile(join(cwd, '.holdfast', name), text)
const running = async () => {
  await put('api.json', '{"url":"http://127.0.0.1:8787","pid":1}\n')
  await put('token', 'secret-secret-secret\n')
}

describe('finding the API', () => {
  it('reads what a running API left in ./.holdfast', async () => {
    await running()

    expect(await findEndpoint({}, cwd)).toEqual({ url: 'http://127.0.0.1:8787', token: 'secret-secret-secret' })
  })

  it('looks into HOLDFAST_DATA_DIR instead, from the working folder', async () => {
    await running()

    const found = await findEndpoint({ HOLDFAST_DATA_DIR: '.holdfast' }, cwd)

    expect(found.url).toBe('http://127.0.0.1:8787')
    await expect(findEndpoint({ HOLDFAST_DATA_DIR: 'other' }, cwd)).rejects.toMatchObject({ code: 'cli.no_api' })
  })

  it('takes HOLDFAST_URL and HOLDFAST_TOKEN before anything else', async () => {
    await running()
    const env = { HOLDFAST_URL: 'https://holdfast.example/base/', HOLDFAST_TOKEN: 'another' }

    expect(await findEndpoint(env, cwd)).toEqual({ url: 'https://holdfast.example/base', token: 'another' })
  })

  it('takes an empty variable for one that is not set', async () => {
    await running()
    const env = { HOLDFAST_URL: '', HOLDFAST_TOKEN: '', HOLDFAST_DATA_DIR: '' }

    expect(await findEndpoint(env, cwd)).toMatchObject({ token: 'secret-secret-secret' })
  })

  it('says that no API runs, and how to start one', async () => {
    await expect(findEndpoint({}, cwd)).rejects.toMatchObject({
      code: 'cli.no_api',
      message: expect.stringContaining('npm start'),
    })
  })

  it.each(['', '{', '[]', 'null', '{"url":7}'])(
    'says so too when api.json is not what an API wrote: %s',
    async (text) => {
      await put('api.json', text)

      await expect(findEndpoint({}, cwd)).rejects.toMatchObject({ code: 'cli.no_api' })
    },
  )

  it.each([
    ['missing', undefined],
    ['empty', '\n'],
    ['such as no header can carry', 'tökén'],
  ])('refuses a token that is %s', async (_what, token) => {
    await put('api.json', '{"url":"http://127.0.0.1:8787"}')
    if (token !== undefined) await put('token', token)

    await expect(findEndpoint({}, cwd)).rejects.toMatchObject({ code: 'cli.no_token' })
  })

  it.each(['localhost', 'file:///etc/passwd', 'http://'])('refuses what is no http URL: %s', async (url) => {
    await expect(findEndpoint({ HOLDFAST_URL: url, HOLDFAST_TOKEN: 'x' }, cwd)).rejects.toMatchObject({
      code: 'cli.invalid_url',
    })
  })

  it('names a file that it may not read', async () => {
    await running()
    await rm(join(cwd, '.holdfast/token'))
    await mkdir(join(cwd, '.holdfast/token'))

    await expect(findEndpoint({}, cwd)).rejects.toMatchObject({
      code: 'cli.unreadable',
      message: expect.stringContaining('token'),
    })
  })
})
