import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Names that survive power loss. A name is on the disk once its folder was synced; until then a crash may leave the old
 * one, the new one, or, of two changes, the later one without the earlier.
 */

/** Makes the names in a folder durable. */
export const syncFolder = (folder: string): void => {
  // Windows opens no folders, and its file systems write names through.
  if (process.platform === 'win32') return
  syncPath(folder, 'r')
}

/** Makes a file's bytes durable. Never a database that this process has open: the close would drop its locks. */
export const syncFile = (path: string): void => syncPath(path, 'r+')

const syncPath = (path: string, flags: string): void => {
  const handle = openSync(path, flags)
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/**
 * Gives a file, whose bytes are durable, the name `path` beside its own, durably and at once: `path` is there whole or
 * not at all.
 *
 * @throws EEXIST: something has the name. It was not touched.
 */
export const addName = (file: string, path: string): void => {
  linkSync(file, path)
  syncFolder(dirname(path))
}

/** Puts a file in the place of another, or of none, durably and at once: under `path` is the one or the other. */
export const takeName = (file: string, path: string): void => {
  renameSync(file, path)
  syncFolder(dirname(path))
}

/** Takes a name away, if it is there. Not durable by itself: a crash may bring it back. */
export const dropName = (path: string): void => rmSync(path, { force: true })
