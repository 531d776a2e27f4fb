import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeDataDir } from '@holdfast/engine/app'
import { readOrMakeToken } from '../src/process/token.js'

const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'holdfast-token-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

const refused = { code: 'config.invalid' }

describe('the token', () => {
  it('is made once: 32 random bytes that only its owner can read', async () => {
    const dataDir = await folder()

    const token = await readOrMakeToken(dataDir, undefined)
    const again = await readOrMakeToken(dataDir, undefined)

    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    expect(again).toBe(token)
    expect((await stat(join(dataDir, 'token'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(dataDir, 'token'), 'utf8')).toBe(`${token}\n`)
  })

  it('is one, however many start at once, and leaves no drafts', async () => {
    const dataDir = await folder()

    const tokens = await Promise.all(Array.from({ length: 20 }, () => readOrMakeToken(dataDir, undefined)))

    expect(new Set(tokens).size).toBe(1)
    expect(await readdir(dataDir)).toEqual(['token'])
  })

  it('of the environment goes before the file, and is not written down', async () => {
    const dataDir = await folder()

    expect(await readOrMakeToken(dataDir, 'my-own-secret-token')).toBe('my-own-secret-token')
    await expect(stat(join(dataDir, 'token'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.each(['short', 'has spaces in the middle', 'pâté-pâté-pâté-pâté', ''])(
    'is refused when it is %j',
    async (token) => {
      await expect(readOrMakeToken(await folder(), token)).rejects.toMatchObject(refused)
    },
  )

  it.each([0o644, 0o640, 0o620, 0o606])('is refused from a file of mode %o', async (mode) => {
    const dataDir = await folder()
    await writeFile(join(dataDir, 'token'), 'a-token-that-leaked-already\n')
    await chmod(join(dataDir, 'token'), mode)

    await expect(readOrMakeToken(dataDir, undefined)).rejects.toMatchObject(refused)
  })

  it('is refused from a symbolic link, a dangling one included', async () => {
    const dataDir = await folder()
    const elsewhere = join(await folder(), 'elsewhere')
    await symlink(elsewhere, join(dataDir, 'token'))
    await expect(readOrMakeToken(dataDir, undefined)).rejects.toMatchObject(refused)

    await writeFile(elsewhere, 'a-token-of-somebody-else\n', { mode: 0o600 })
    await expect(readOrMakeToken(dataDir, undefined)).rejects.toMatchObject(refused)
  })

  it('is refused from a folder, and from an empty file', async () => {
    const [one, two] = [await folder(), await folder()]
    await mkdir(join(one, 'token'), { mode: 0o700 })
    await writeFile(join(two, 'token'), '', { mode: 0o600 })

    await expect(readOrMakeToken(one, undefined)).rejects.toMatchObject(refused)
    await expect(readOrMakeToken(two, undefined)).rejects.toMatchObject(refused)
  })

  it('never stands in an error', async () => {
    const dataDir = await folder()
    await writeFile(join(dataDir, 'token'), 'a-token-with-a-ünicode-letter\n', { mode: 0o600 })

    await expect(readOrMakeToken(dataDir, undefined)).rejects.toThrow(/^(?!.*nicode)/)
  })
})

describe('the data folder', () => {
  it('is made for its owner alone, whatever the umask, and left as it is when it is there', async () => {
    const made = join(await folder(), 'a', 'data')
    const there = await folder()
    await chmod(there, 0o750)

    await makeDataDir(made)
    await makeDataDir(there)

    expect((await stat(made)).mode & 0o777).toBe(0o700)
    expect((await stat(there)).mode & 0o777).toBe(0o750)
  })
})
