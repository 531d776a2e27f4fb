/** The layout of `recorder.c`: a header, then records one after the other, each a multiple of 8 bytes. */
const MAGIC = 0x48464c47
const LOG_HEADER_BYTES = 64
const RECORD_HEADER_BYTES = 56

const END = 1
const MARK = 2
const KINDS = new Map([
  [3, 'open'],
  [4, 'write'],
  [5, 'truncate'],
  [6, 'allocate'],
  [7, 'sync'],
  [8, 'sync_range'],
  [9, 'rename'],
  [10, 'unlink'],
  [11, 'link'],
  [12, 'make_folder'],
  [13, 'remove_folder'],
])

/**
 * One call of one process.
 *
 * @typedef {object} Operation
 * @property {string} kind
 * @property {number} begin Its place among all events.
 * @property {number} end The same; Infinity when its process was killed in it: it may have happened or not.
 * @property {number} ino Of the file that it is about; for `open` and `make_folder` of what it made or found.
 * @property {number} offset Of a write and an allocation.
 * @property {number} size A truncation's new size, or how many bytes an allocation has.
 * @property {number} flags Of an `open`.
 * @property {string} path Below the folder; empty for the folder itself.
 * @property {string} to Of a rename or a link.
 * @property {Buffer} data
 */

/**
 * What happened, in order. Calls that failed changed nothing, and are left out.
 *
 * @typedef {{ at: number, kind: 'begin' | 'end', operation: Operation } | { at: number, kind: 'mark', said: any }} Event
 */

/** The log is not whole: it became larger than there was room for. */
export class LogFullError extends Error {}

/**
 * Reads a log.
 *
 * @param {Buffer} log
 * @returns {Event[]}
 */
export const eventsOf = (log) => {
  if (log.readBigUInt64LE(8) !== 0n) throw new LogFullError('the recording is larger than its log: give it more room')
  const begun = new Map()
  const events = []
  for (const record of recordsOf(log)) {
    if (record.kind === END) {
      const event = begun.get(record.a)
      if (event) events.push({ at: 0, kind: 'end', operation: ended(event, record) })
    } else if (record.kind === MARK) {
      events.push({ at: 0, kind: 'mark', said: JSON.parse(record.data.toString('utf8')) })
    } else {
      const event = { at: 0, kind: 'begin', operation: operationOf(record) }
      begun.set(record.place, event)
      events.push(event)
    }
  }
  return numbered(events.filter(({ operation }) => !operation?.hasFailed))
}

function* recordsOf(log) {
  const end = Number(log.readBigUInt64LE(0))
  for (let place = LOG_HEADER_BYTES; place < end; ) {
    // A process that is killed right after it took its place leaves a hole.
    if (log.readUInt32LE(place) !== MAGIC) {
      place += 8
      continue
    }
    const bytes = log.readUInt32LE(place + 8)
    if (log.readUInt32LE(place + 12) === 1) yield recordAt(log, place)
    place += bytes
  }
}

const recordAt = (log, place) => {
  const pathAt = place + RECORD_HEADER_BYTES
  const dataAt = pathAt + log.readUInt32LE(place + 40)
  return {
    place,
    kind: log.readUInt32LE(place + 4),
    ino: Number(log.readBigUInt64LE(place + 16)),
    a: Number(log.readBigInt64LE(place + 24)),
    b: Number(log.readBigInt64LE(place + 32)),
    path: log.toString('utf8', pathAt, dataAt),
    data: log.subarray(dataAt, dataAt + log.readUInt32LE(place + 44)),
  }
}

const operationOf = ({ kind, ino, a, b, path, data }) => {
  const [from = '', to = ''] = path.split('\0')
  const name = KINDS.get(kind)
  return {
    kind: name,
    begin: 0,
    end: Number.POSITIVE_INFINITY,
    hasFailed: false,
    ino,
    offset: name === 'write' || name === 'allocate' ? a : 0,
    size: name === 'truncate' ? a : b,
    flags: name === 'open' ? a : 0,
    path: from,
    to,
    data,
  }
}

/** A write may have written less than it was given. */
const ended = ({ operation }, { ino, b: outcome }) => {
  operation.hasFailed = outcome < 0
  if (operation.kind === 'write') operation.data = operation.data.subarray(0, Math.max(0, outcome))
  if (operation.ino === 0) operation.ino = ino
  return operation
}

const numbered = (events) => {
  for (const [at, event] of events.entries()) {
    event.at = at
    if (event.kind === 'begin') event.operation.begin = at
    if (event.kind === 'end') event.operation.end = at
  }
  return events
}
