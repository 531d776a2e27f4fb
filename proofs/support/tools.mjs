import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** statfs's number for a file system in memory. */
const TMPFS_MAGIC = 0x01021994

/** The first file of that name on the PATH that may be executed. */
export const onPath = (name, path = process.env.PATH ?? '') =>
  path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable)

const isExecutable = (file) => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Whether a command works here at all: being installed is not being allowed. */
const works = (file, ...args) => {
  try {
    execFileSync(file, args, { stdio: 'ignore', timeout: 5_000 })
    return true
  } catch {
    return false
  }
}

const command = (name, debianPackage) => ({ debianPackage, isThere: () => onPath(name) !== undefined })
const trial = (name, debianPackage, ...args) => ({
  debianPackage,
  isThere: () => onPath(name) !== undefined && works(name, ...args),
})

/** What a row may need, how it is found, and the Debian package that brings it (undefined: none does). */
const TOOLS = {
  cc: command('cc', 'build-essential'),
  spin: command('spin', 'spin'),
  strace: trial('strace', 'strace', '-o', '/dev/null', 'true'),
  faketime: command('faketime', 'faketime'),
  'fiu-run': command('fiu-run', 'fiu-utils'),
  root: { what: 'to be run by root', isThere: () => process.getuid?.() === 0 },
  setpriv: trial('setpriv', 'util-linux', '--reuid=65534', '--regid=65534', '--clear-groups', 'true'),
  unshare: trial('unshare', 'util-linux', '--pid', '--fork', 'true'),
  mount: {
    debianPackage: 'mount',
    isThere: () =>
      onPath('unshare') !== undefined && works('unshare', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'),
  },
  tmpfs: {
    what: 'a /dev/shm in memory',
    isThere: () => existsSync('/dev/shm') && statfsSync('/dev/shm').type === TMPFS_MAGIC,
  },
}

/** The names that a row may list under `needs`. */
export const KNOWN_TOOLS = Object.keys(TOOLS)

/**
 * What of a row's `needs` this machine doesn't have, in words: `spin (Debian package spin)`.
 *
 * @param {readonly string[]} needs
 * @returns {string[]}
 */
export const missingTools = (needs, tools = TOOLS) =>
  needs.filter((name) => !tools[name].isThere()).map((name) => described(name, tools[name]))

const described = (name, { what, debianPackage }) =>
  what ?? (onPath(name) ? `${name}, which is here but may not work` : `${name} (Debian package ${debianPackage})`)
