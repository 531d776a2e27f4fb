import { posix } from 'node:path'

/**
 * Ways to say a path, each of them given the root and what is meant: a path that is relative to the tree, as
 * `outside/new.db`. The honest ones among them lead where they say.
 */
const SAYINGS = {
  absolute: ({ tree, target }) => `${tree}/${target}`,
  dots: ({ root, target }) => `${root}/../${target}`,
  'dots in the middle': ({ root, target, random }) =>
    `${root}/deep/er/../../../${random.pick(['', './', '././'])}${target}`,
  'more dots than folders': ({ root, tree, target }) => `${root}/${'../'.repeat(60)}${tree.slice(1)}/${target}`,
  'dots through what is not there': ({ root, target }) => `${root}/none/../../${target}`,
  'a file for a folder': ({ root, target }) => `${root}/backup.db/../../${target}`,
  'doubled slashes': ({ tree, target }) => `${tree}//${target.replaceAll('/', '//')}`,
  'a link to a folder': ({ root, target }) => `${root}/to-up/${target}`,
  'a link to the whole disk': ({ root, tree, target }) => `${root}/to-slash${tree}/${target}`,
  'a link and dots': ({ root, target }) => `${root}/deep/up/../${target}`,
  'links to links': ({ root, target }) =>
    target.startsWith('outside/')
      ? `${root}/link-to-link/${target.slice('outside/'.length)}`
      : `${root}/to-up/./${target}`,
  'a file: URL': ({ tree, target }) => `file://${tree}/${target}`,
  'a file: URL with encoded dots': ({ root, target, random }) =>
    `file://${root}/${random.pick(['%2e%2e', '%2E%2E', '.%2e', '%2e.'])}/${target}`,
  'a file: URL with encoded slashes': ({ root, target }) => `file:${root}/..%2f${encodeURIComponent(target)}`,
}

/** `..` is taken off by the text, before links are looked at: so these stay in the root, and may be done there. */
const STAYS_IN = new Set(['a link and dots'])

/** What they lead to outside of the root, for what is written and for what is read. */
const OUTSIDE = {
  write: [
    'outside/new.db',
    'outside/secret.db',
    'outside/docs/new.db',
    'root-old/new.db',
    'root-old/secret.db',
    'outside/gone/new.db',
    'new.db',
    'outside',
  ],
  readBackup: ['outside/secret.db', 'root-old/secret.db', 'outside/gone.db', 'outside', 'outside/secret.md'],
  readFolder: ['outside', 'outside/docs', 'root-old', 'root-old/docs', 'outside/gone', '.', 'outside/secret.md'],
  readFile: ['outside/secret.md', 'outside/docs/secret.md', 'root-old/secret.md', 'outside/gone.md', 'outside'],
}

/** Names that are hostile by themselves; `root` before them where they are relative. */
const NAMES = [
  '..',
  '.',
  '',
  '/',
  '../..',
  'to-itself',
  'to-itself/x.db',
  'to-nothing.db',
  'to-device.db',
  'secret.db',
  'secret.md',
  'docs/secret.md',
  'to-outside',
  'to-old',
  'to-etc/passwd',
  'to-slash',
  'deep/er/far',
  'deep/er/far/secret.md',
  'pipe.db',
  'pipe.md',
  'x\0.db',
  '\0',
  'docs\0/../../outside/new.db',
  'a'.repeat(300),
  `${'a/'.repeat(2_100)}x.db`,
  '../'.repeat(1_500),
  '%2e%2e/outside/new.db',
  '%252e%252e%252foutside%252fnew.db',
  '..%c0%af..%c0%afoutside',
  '．．／outside／new.db',
  '..\\outside\\new.db',
  '\u202e../outside/new.db',
  '~/new.db',
  '$HOME/new.db',
  '`id`.db',
  'holdfast.db-wal',
  'holdfast.db-shm',
  'holdfast.db-journal',
  'holdfast.db-processes/x.lock',
  'holdfast.db-bell',
  'backup.db-wal',
  'backup.db/',
  'backup.db/x',
  'docs/',
]
const ABSOLUTE = [
  '/dev/null',
  '/dev/zero',
  '/dev/full',
  '/dev/stdin',
  '/dev/fd/0',
  '/proc/self/mem',
  '/proc/self/environ',
  '/proc/self/cwd/new.db',
  '/proc/self/root/etc/passwd',
  '/sys/kernel/new.db',
  '/etc/passwd',
  '/etc/new.db',
  '/',
  '//',
  '/../../etc/passwd',
  'file:///etc/passwd',
  'file://elsewhere/etc/passwd',
  'file:',
  'file:///dev/zero',
  'file:/etc/passwd?mode=rwc',
  'http://127.0.0.1/x.db',
  'libsql://127.0.0.1/x',
  ':memory:',
  'file::memory:',
]

/** What may be done, and is: a guard that refuses everything holds nothing. */
const HONEST = {
  backup: ['fresh.db', 'deep/er/../fresh.db', 'to-deep/fresh.db', './docs/fresh.db'],
  verify: ['backup.db', 'inside.db', 'deep/../backup.db', 'deep/up/backup.db'],
  restore: ['restored.db', 'to-deep/restored.db', 'docs/../restored.db'],
  folder: ['docs', 'deep/../docs', '.', 'deep/up/docs'],
  file: ['docs/open.md', 'deep/up/docs/open.md'],
}

const KINDS = {
  backup: 'write',
  verify: 'readBackup',
  'restore from': 'readBackup',
  'restore to': 'write',
  folder: 'readFolder',
  file: 'readFile',
}

/**
 * One thing to try.
 *
 * @typedef {{ operation: string, path: string, saying: string, isHonest: boolean, leadsOut: boolean }} Case
 */

/**
 * @param {{ tree: string, root: string }} ground
 * @param {import('../support/random.mjs').Random} random
 * @returns {Case}
 */
export const hostileCase = ({ tree, root }, random) => {
  const operation = random.pick(Object.keys(KINDS))
  const one = (saying, path, isHonest = false, leadsOut = false) => ({ operation, saying, path, isHonest, leadsOut })
  const share = random.float()
  if (share < 0.1) {
    const honest = HONEST[operation.split(' ')[0]]
    // The source of a restore is a backup, its target is new.
    const name = operation === 'restore from' ? random.pick(HONEST.verify) : random.pick(honest)
    return one('honest', `${root}/${name}`, true)
  }
  if (share < 0.65) {
    const saying = random.pick(Object.keys(SAYINGS))
    const target = random.pick(OUTSIDE[KINDS[operation]])
    return one(saying, SAYINGS[saying]({ tree, root, target, random }), false, !STAYS_IN.has(saying))
  }
  if (share < 0.9) {
    const name = random.pick(NAMES)
    return one(`the name ${JSON.stringify(name.slice(0, 40))}`, random.int(4) === 0 ? name : posixJoin(root, name))
  }
  const path = random.pick(ABSOLUTE)
  return one(path, path)
}

/** Without tidying up: what is hostile stays so. */
const posixJoin = (root, name) => `${root}${posix.sep}${name}`
