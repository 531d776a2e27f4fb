import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Evidence, EvidencePack, Store } from '@holdfast/store'
import { rollbackTo, verifyCheckpoint } from '@holdfast/store/evidence'
import { openStore } from '@holdfast/store/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'

const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex')

const tempFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-evidence-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A store, a folder for artifacts, and a way to append a checkpoint with a pack. */
const arrange = async (path = ':memory:') => {
  const store = await openStore({ path, writer: 'inline', durability: 'none' })
  onTestFinished(() => store.close())
  const { taskId } = await store.tasks.submit({ type: 'build', input: null })
  const [lease] = await store.leases.claim({ queue: 'build', owner: 'a' })
  if (!lease) throw new Error('nothing was claimed')
  const checkpoint = async (evidence?: EvidencePack): Promise<string> => {
    const given = evidence === undefined ? {} : { evidence }
    const { id } = await store.checkpoints.append(lease, { type: 'tool_executed', snapshot: { built: 1 }, ...given })
    return id
  }
  return { store, root: tempFolder(), taskId, checkpoint }
}

/** What became of one piece. */
const reasonOf = async (store: Store, id: string, root?: string): Promise<string | null | undefined> => {
  const { findings } = await verifyCheckpoint(store, id, root === undefined ? {} : { root })
  return findings[0]?.reason
}

describe('verifying a checkpoint', () => {
  it('finds files, folders, digests, exit codes and rows, and says verified', async () => {
    const { store, root, taskId, checkpoint } = await arrange()
    mkdirSync(join(root, 'out'))
    writeFileSync(join(root, 'out', 'a.txt'), 'hello')
    const id = await checkpoint([
      { kind: 'artifact_exists', path: 'out', type: 'directory' },
      { kind: 'artifact_exists', path: join(root, 'out/a.txt'), type: 'file' },
      { kind: 'artifact_exists', path: 'out/a.txt' },
      { kind: 'file_sha256', path: 'out/a.txt', digest: `sha256:${sha256('hello').toUpperCase()}` },
      { kind: 'command_exit', command: 'make', exitCode: 0 },
      { kind: 'db_row', table: 'tasks', match: { id: taskId }, values: { state: 'active', finished_at_ms: null } },
    ])

    const { outcome, findings } = await verifyCheckpoint(store, id, { root, verifiedBy: 'ci' })

    expect(findings.filter(({ holds }) => !holds)).toEqual([])
    expect(outcome).toBe('verified')
    expect(await store.checkpoints.lastVerified(taskId)).toMatchObject({ id, verification: 'verified' })
  })

  it('writes a row of its own and leaves the checkpoint as it was appended', async () => {
    const { store, taskId, checkpoint } = await arrange()
    const id = await checkpoint([{ kind: 'command_exit', exitCode: 0 }])
    const before = await store.checkpoints.require(id)

    await verifyCheckpoint(store, id, { verifiedBy: 'ci' })

    expect(await store.checkpoints.require(id)).toEqual({ ...before, verification: 'verified' })
    const { events } = await store.events.read(taskId)
    expect(events.at(-1)).toMatchObject({ type: 'checkpoint.verified', actor: 'ci', data: { id } })
  })

  it('is done with the stated minimum, and no less', async () => {
    const { store, checkpoint } = await arrange()
    const pieces: Evidence[] = [
      { kind: 'command_exit', exitCode: 0 },
      { kind: 'command_exit', exitCode: 1 },
      { kind: 'command_exit', exitCode: 0 },
    ]

    const outcomes = []
    for (const minimum of [2, 3]) outcomes.push(await verifyCheckpoint(store, await checkpoint({ minimum, pieces })))

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['verified', 'invalid'])
  })

  it('never takes an empty pack, or none, for verified', async () => {
    const { store, checkpoint } = await arrange()

    for (const pack of [undefined, [], { pieces: [] }])
      expect(await verifyCheckpoint(store, await checkpoint(pack))).toMatchObject({ outcome: 'invalid', findings: [] })
  })

  it('says what is missing, of the wrong type, or changed', async () => {
    const { store, root, checkpoint } = await arrange()
    writeFileSync(join(root, 'a.txt'), 'hello')
    mkdirSync(join(root, 'folder'))
    const digest = sha256('hello')

    const look = async (piece: Evidence) => reasonOf(store, await checkpoint([piece]), root)

    expect(await look({ kind: 'artifact_exists', path: 'b.txt' })).toBe('missing')
    expect(await look({ kind: 'artifact_exists', path: 'a.txt', type: 'directory' })).toBe('wrong_type')
    expect(await look({ kind: 'artifact_exists', path: 'folder', type: 'file' })).toBe('wrong_type')
    expect(await look({ kind: 'file_sha256', path: 'b.txt', digest })).toBe('missing')
    expect(await look({ kind: 'file_sha256', path: 'folder', digest })).toBe('wrong_type')
    expect(await look({ kind: 'file_sha256', path: 'a.txt', digest: sha256('hello ') })).toBe('digest_differs')
    expect(await look({ kind: 'command_exit', exitCode: 2 })).toBe('exit_code_differs')
    expect(await look({ kind: 'command_exit', exitCode: null })).toBe('exit_code_differs')
  })

  it.skipIf(process.platform !== 'linux')('says when a file can’t be read', async () => {
    const { store, checkpoint } = await arrange()
    // Nothing is mapped at its beginning: opening it works, for root as well, and reading fails.
    const path = '/proc/self/mem'

    expect(await reasonOf(store, await checkpoint([{ kind: 'file_sha256', path, digest: sha256('') }]))).toBe(
      'unreadable',
    )
  })

  it('reads large files piece by piece', async () => {
    const { store, root, checkpoint } = await arrange()
    const bytes = Buffer.alloc(20_000_000, 'holdfast')
    writeFileSync(join(root, 'large'), bytes)

    const id = await checkpoint([{ kind: 'file_sha256', path: 'large', digest: sha256(bytes) }])

    expect(await reasonOf(store, id, root)).toBeNull()
  })

  it('never looks outside of its root: not by .., not by an absolute path, not through a link', async () => {
    const { store, root, checkpoint } = await arrange()
    const outside = tempFolder()
    writeFileSync(join(outside, 'a.txt'), 'hello')
    symlinkSync(outside, join(root, 'link'))
    symlinkSync(join(outside, 'a.txt'), join(root, 'file-link'))
    const ways = [join(outside, 'a.txt'), `../${outside.split('/').at(-1)}/a.txt`, 'link/a.txt', 'file-link', '..', '/']

    for (const path of ways) {
      const pieces: Evidence[] = [
        { kind: 'artifact_exists', path },
        { kind: 'file_sha256', path, digest: sha256('hello') },
      ]
      const { findings } = await verifyCheckpoint(store, await checkpoint(pieces), { root })
      expect([path, ...findings.map(({ reason }) => reason)]).toEqual([path, 'outside_root', 'outside_root'])
    }
  })

  it('follows links that stay inside, and takes names that only begin with two dots', async () => {
    const { store, root, checkpoint } = await arrange()
    writeFileSync(join(root, '..a.txt'), 'hello')
    symlinkSync(join(root, '..a.txt'), join(root, 'link'))

    for (const path of ['link', '..a.txt', '.'])
      expect(await reasonOf(store, await checkpoint([{ kind: 'artifact_exists', path }]), root)).toBeNull()
  })

  it('never opens a file that this process has open: that would drop the locks of the database', async () => {
    const folder = tempFolder()
    const path = join(folder, 'store.db')
    const { store, checkpoint } = await arrange(path)

    for (const suffix of ['', '-wal', '-shm']) {
      const id = await checkpoint([{ kind: 'file_sha256', path: `${path}${suffix}`, digest: sha256('') }])
      expect(await reasonOf(store, id)).toBe('open_here')
    }
    expect(await reasonOf(store, await checkpoint([{ kind: 'artifact_exists', path, type: 'file' }]))).toBeNull()
  })

  it('looks rows up by names that the file has, and binds what they are compared with', async () => {
    const { store, taskId, checkpoint } = await arrange()
    const look = async (piece: Omit<Extract<Evidence, { kind: 'db_row' }>, 'kind'>) =>
      reasonOf(store, await checkpoint([{ kind: 'db_row', ...piece }]))

    expect(await look({ table: 'tasks', match: { id: 'nothing' } })).toBe('row_missing')
    expect(await look({ table: 'tasks', match: { id: taskId }, values: { state: 'completed' } })).toBe('row_differs')
    expect(await look({ table: 'tasks', match: { id: "' or '1'='1" } })).toBe('row_missing')
    for (const table of ['nothing', 'tasks; drop table tasks; --', 'tasks" where 1=1 --', 'sqlite_schema'])
      expect(await look({ table, match: { id: taskId } })).toBe('unknown_table_or_column')
    for (const column of ['nothing', 'id" = "id" --', '1=1) or (1'])
      expect(await look({ table: 'tasks', match: { [column]: taskId } })).toBe('unknown_table_or_column')
    expect(await store.tasks.get(taskId)).toBeDefined()
  })

  it('refuses a checkpoint that this tenant does not have: checkpoint.not_found', async () => {
    const { store, checkpoint } = await arrange()
    const id = await checkpoint([{ kind: 'command_exit', exitCode: 0 }])

    await expect(verifyCheckpoint(store, id, { tenant: 'stranger' })).rejects.toMatchObject({
      code: 'checkpoint.not_found',
    })
  })
})

describe('rolling back to a checkpoint', () => {
  it('verifies it and gives its snapshot', async () => {
    const { store, checkpoint } = await arrange()
    const id = await checkpoint([{ kind: 'command_exit', exitCode: 0 }])

    expect(await rollbackTo(store, id)).toEqual({ built: 1 })
    expect(await store.checkpoints.require(id)).toMatchObject({ verification: 'verified' })
  })

  it('refuses when the world is no longer as it was, although it was verified before: checkpoint.not_verified', async () => {
    const { store, root, taskId, checkpoint } = await arrange()
    writeFileSync(join(root, 'a.txt'), 'hello')
    const id = await checkpoint([{ kind: 'file_sha256', path: 'a.txt', digest: sha256('hello') }])
    expect(await rollbackTo(store, id, { root })).toEqual({ built: 1 })
    writeFileSync(join(root, 'a.txt'), 'changed')

    await expect(rollbackTo(store, id, { root })).rejects.toMatchObject({
      code: 'checkpoint.not_verified',
      details: { id, pieces: 1, missing: 1 },
    })
    expect(await store.checkpoints.lastVerified(taskId)).toBeUndefined()
  })

  it('refuses a checkpoint without evidence: checkpoint.not_verified', async () => {
    const { store, checkpoint } = await arrange()
    const id = await checkpoint()

    await expect(rollbackTo(store, id)).rejects.toMatchObject({ code: 'checkpoint.not_verified' })
  })
})
