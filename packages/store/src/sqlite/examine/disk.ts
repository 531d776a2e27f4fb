import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileSystemTypeOf } from '../file-system.js'
import type { Finding } from './finding.js'

/** The checkpoint cycle keeps the WAL below this; beyond it a reader holds it up, or nobody writes any more. */
const WAL_BOUND_BYTES = 67_108_864

/** Where the file lies, and what room there is. */
export interface Disk {
  /** Such as `ext4`. */
  readonly fileSystem: string
  /** What an ordinary user may still write. */
  readonly freeBytes: number
}

export const diskOf = (path: string): Disk => {
  const { bavail, bsize } = statfsSync(dirname(path))
  return { fileSystem: fileSystemTypeOf(path), freeBytes: bavail * bsize }
}

/** @param fileBytes Of the database file: a backup beside it takes as much again. */
export function* room({ freeBytes }: Disk, fileBytes: number): Iterable<Finding> {
  if (freeBytes < WAL_BOUND_BYTES)
    yield {
      code: 'disk.full',
      severity: 'problem',
      message: `${megabytes(freeBytes)} are free, and the write-ahead log alone may take ${megabytes(WAL_BOUND_BYTES)}`,
      fix: 'make room; writes that were refused with store.disk_full go on by themselves. Delete nothing beside the file',
    }
  else if (freeBytes < fileBytes + WAL_BOUND_BYTES)
    yield {
      code: 'disk.tight',
      severity: 'notice',
      message: `${megabytes(freeBytes)} are free: a backup on the same disk would not fit`,
      fix: 'make room, or back up to another disk: holdfast backup /elsewhere/holdfast.db',
    }
}

export function* wal(walBytes: number): Iterable<Finding> {
  if (walBytes > WAL_BOUND_BYTES)
    yield {
      code: 'wal.large',
      severity: 'notice',
      message: `the write-ahead log has ${megabytes(walBytes)}`,
      fix: 'look for a program that keeps a read transaction open on this file: fuser -v <file>',
    }
}

const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`
