import { readFileSync, statfsSync } from 'node:fs'
import { UnsupportedStoreError } from '../errors.js'

/** Magic numbers of statfs(2) on Linux. Their locks are advisory, late or missing, and they have no shared memory. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x01021997, '9p'],
  [0x5346414f, 'afs'],
  [0x00c36400, 'ceph'],
  [0x0bd00bd0, 'lustre'],
  [0x47504653, 'gpfs'],
  [0x73757245, 'coda'],
])

const FUSE = 0x65735546
/** Of the file systems in user space, those that keep their files elsewhere. */
const NETWORK_FUSE =
  /^fuse\.(?:sshfs|s3fs|rclone|gcsfuse|goofys|mount-s3|glusterfs|ceph-fuse|davfs|juicefs|blobfuse2?)$/

/** How the check asks the operating system. */
export interface FileSystems {
  /** statfs(2)'s type of the file system that holds `path`. */
  typeOf(path: string): number
  /** /proc/self/mounts, or nothing where there is none. */
  mounts(): string
}

const ofThisMachine: FileSystems = {
  typeOf: (path) => statfsSync(path).type,
  mounts: () => {
    try {
      return readFileSync('/proc/self/mounts', 'utf8')
    } catch {
      return '' // Not Linux, or no /proc: the kind of a FUSE mount stays unknown, and is let through.
    }
  },
}

/** The type of the deepest mount that holds `path`. */
const mountTypeOf = (path: string, mounts: string): string | undefined => {
  let deepest: { readonly folder: string; readonly type: string } | undefined
  for (const line of mounts.split('\n')) {
    const [, escaped, type] = line.split(' ')
    if (escaped === undefined || type === undefined) continue
    const folder = escaped.replace(/\\040/g, ' ')
    const holds = folder === '/' || path === folder || path.startsWith(`${folder}/`)
    if (holds && folder.length >= (deepest?.folder.length ?? 0)) deepest = { folder, type }
  }
  return deepest?.type
}

const networkTypeOf = (path: string, systems: FileSystems): string | undefined => {
  const type = systems.typeOf(path) >>> 0
  if (type !== FUSE) return NETWORK.get(type)
  const mounted = mountTypeOf(path, systems.mounts())
  return mounted !== undefined && NETWORK_FUSE.test(mounted) ? mounted : undefined
}

/** What the file system that holds `path` is called; its number where nobody says. */
export const fileSystemTypeOf = (path: string, systems: FileSystems = ofThisMachine): string =>
  mountTypeOf(path, systems.mounts()) ?? `0x${(systems.typeOf(path) >>> 0).toString(16)}`

/**
 * Refuses a file system whose locks other machines share or don't keep. By the numbers of Linux: elsewhere a network
 * mount is not recognised.
 *
 * @param path An existing file or folder, symlinks resolved.
 * @throws {UnsupportedStoreError} `store.unsupported`
 */
export const assertLocalFileSystem = (path: string, systems: FileSystems = ofThisMachine): void => {
  const type = networkTypeOf(path, systems)
  if (type !== undefined)
    throw new UnsupportedStoreError(`${path} is on ${type}: SQLite's locks don't hold on a network file system`, {
      fileSystem: type,
      path,
    })
}
