import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { compile } from '../../bench/native/compile.mjs'
import { Skipped } from '../../bench/support/skipped.mjs'

const SOURCE = join(import.meta.dirname, 'failing-disk.c')

/** The slots of `struct control`, in its order. */
const SLOTS = [
  ...['armed', 'kind', 'at', 'error', 'forEver', 'torn', 'reverts', 'broken', 'failures'],
  ...['unused', 'writes', 'syncs', 'truncates', 'hasLimit', 'left'],
]
const SLOT_BYTES = 8

const KINDS = { write: 1, sync: 2, truncate: 3 }
const TORN = { whole: 0, torn: 1, short: 2 }

/**
 * What is to fail.
 *
 * @typedef {object} Fault
 * @property {'write' | 'sync' | 'truncate'} kind
 * @property {number} at Which one of its kind, from 1, counted from the moment it is armed.
 * @property {'EIO' | 'ENOSPC'} error
 * @property {boolean} forEver From then on every write fails, and with EIO every sync and truncate too; else just once.
 * @property {'whole' | 'torn' | 'short'} [torn] `torn`: half of a failing write is on the disk. `short`: and the call says
 * so, instead of failing.
 * @property {boolean} [reverts] A sync that fails takes back what it was to make durable. For one process on the file.
 */

/** The small file through which a disk is told to fail; see `failing-disk.c`. Everybody who knows its path may hold one. */
export class FailingDisk {
  #file

  constructor(controlPath) {
    this.#file = openSync(controlPath, 'r+')
  }

  /** Makes the small file. */
  static make(controlPath) {
    writeFileSync(controlPath, Buffer.alloc(SLOTS.length * SLOT_BYTES))
    return new FailingDisk(controlPath)
  }

  /** Counts begin anew. @param {Fault} fault */
  arm({ kind, at, error, forEver, torn = 'whole', reverts = false }) {
    this.mend()
    for (const name of ['failures', 'writes', 'syncs', 'truncates']) this.#set(name, 0)
    this.#set('kind', KINDS[kind])
    this.#set('at', at)
    this.#set('error', constants.errno[error])
    this.#set('forEver', Number(forEver))
    this.#set('torn', TORN[torn])
    this.#set('reverts', Number(reverts))
    this.#set('armed', 1)
  }

  /** The disk is well again, and has room. */
  mend() {
    for (const name of ['armed', 'broken', 'torn', 'reverts', 'hasLimit']) this.#set(name, 0)
  }

  /** From now on files may grow by so many bytes altogether. */
  leaveRoomFor(bytes) {
    this.#set('left', bytes)
    this.#set('failures', 0)
    this.#set('hasLimit', 1)
  }

  /** How many calls failed since it was armed, or filled. */
  get failures() {
    return this.#get('failures')
  }

  /** How many there were. */
  get calls() {
    return { write: this.#get('writes'), sync: this.#get('syncs'), truncate: this.#get('truncates') }
  }

  close() {
    closeSync(this.#file)
  }

  #set(name, value) {
    const slot = Buffer.alloc(SLOT_BYTES)
    slot.writeBigInt64LE(BigInt(value))
    writeSync(this.#file, slot, 0, SLOT_BYTES, SLOTS.indexOf(name) * SLOT_BYTES)
  }

  #get(name) {
    const slot = Buffer.alloc(SLOT_BYTES)
    readSync(this.#file, slot, 0, SLOT_BYTES, SLOTS.indexOf(name) * SLOT_BYTES)
    return Number(slot.readBigInt64LE())
  }
}

/**
 * The environment of a process whose files below `folder` are on that disk.
 *
 * @param {{ folder: string, control: string }} of Both absolute, the folder with symlinks resolved.
 * @throws {Skipped} without a C compiler, and where libraries can't be preloaded.
 */
export const failingDiskEnvironment = ({ folder, control }) => {
  if (process.platform !== 'linux') throw new Skipped('the failing disk is a preload library for Linux')
  return {
    LD_PRELOAD: compile('failing-disk.so', {
      sources: [SOURCE],
      flags: ['-shared', '-fPIC'],
      libraries: ['-ldl', '-lpthread'],
    }),
    HOLDFAST_DISK_FOLDER: folder,
    HOLDFAST_DISK_CONTROL: control,
    // Where libuv gives file operations to io_uring, no call is made that could fail.
    UV_USE_IO_URING: '0',
  }
}
