import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { backup, openStore } from '@holdfast/store/sqlite'

/**
 * What hostile paths are tried on: a root that they may not leave, and sentinels around it.
 *
 * - `root/`: a database, a backup, Markdown, and links that lead out, round in circles and to nothing.
 * - `root-old/`: a neighbour whose name begins with the root's.
 * - `outside/`: what must not be read or written: a backup, a database, secrets.
 */
export const ROOT = 'root'

/** What a file outside holds, which must be found nowhere. */
export const SECRET = 'nobody-may-read-this-sentinel'

/** @param {string} tree An empty folder, its links resolved. */
export const layGround = async (tree) => {
  const root = join(tree, ROOT)
  for (const folder of [root, `${root}-old`, join(tree, 'outside'), join(root, 'docs'), join(root, 'deep', 'er')])
    mkdirSync(folder, { recursive: true })
  await makeStores(root)
  for (const outside of [`${root}-old`, join(tree, 'outside')]) {
    copyFileSync(join(root, 'backup.db'), join(outside, 'secret.db'))
    writeFileSync(join(outside, 'secret.md'), `# ${SECRET}\n`)
    mkdirSync(join(outside, 'docs'))
    writeFileSync(join(outside, 'docs', 'secret.md'), `# ${SECRET}\n`)
  }
  writeFileSync(join(root, 'docs', 'open.md'), '# Anybody may read this\n')
  const links = {
    'to-outside': '../outside',
    'to-old': `${root}-old`,
    'to-up': '..',
    'to-slash': '/',
    'to-etc': '/etc',
    'to-itself': 'to-itself',
    'to-deep': 'deep/er',
    'deep/up': '..',
    'deep/er/far': '../../../outside/docs',
    'link-to-link': 'to-outside',
    'docs/secret.md': '../../outside/secret.md',
    'secret.db': '../outside/secret.db',
    'secret.md': '../outside/secret.md',
    'to-nothing.db': '../outside/new.db',
    'to-device.db': '/dev/null',
    'inside.db': 'backup.db',
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, name))
  // A pipe that nobody writes to: who opens it waits for ever.
  spawnSync('mkfifo', [join(root, 'pipe.db'), join(root, 'pipe.md')])
}

/** A closed database of a process that has ended would be better still; this one lies elsewhere and is only copied. */
const makeStores = async (root) => {
  const store = await openStore({
    path: join(root, 'holdfast.db'),
    durability: 'process',
    writer: 'inline',
    readers: 0,
  })
  await store.tasks.submit({ type: 'test', input: null })
  await backup({ path: join(root, 'holdfast.db'), to: join(root, 'backup.db') })
  await store.close()
}

/**
 * Everything outside of the root: kind, mode, times of change and bytes. Equal ones say that nothing was touched.
 *
 * @returns {Record<string, string>}
 */
export const sentinels = (tree) =>
  Object.fromEntries(
    ['outside', `${ROOT}-old`]
      .flatMap((folder) => [
        folder,
        ...readdirSync(join(tree, folder), { recursive: true }).map((name) => `${folder}/${name}`),
      ])
      .concat('.')
      .sort()
      .map((name) => [name, about(join(tree, name))]),
  )

const about = (path) => {
  const { mode, size, ino, ctimeMs, mtimeMs } = lstatSync(path)
  const kind = lstatSync(path)
  if (kind.isDirectory()) return `folder ${mode} ${readdirSync(path).sort().join(' ')}`
  if (kind.isSymbolicLink()) return `link to ${readlinkSync(path)}`
  const bytes = kind.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'special'
  return [mode, size, ino, ctimeMs, mtimeMs, bytes].join(' ')
}
