import { hash } from 'node:crypto'

const CHUNK_BYTES = 4_096
const ZEROS = Buffer.alloc(CHUNK_BYTES)
const LANES = 4

/**
 * The bytes of one file, with a fingerprint that costs as much as what has changed, and a way to try something and take
 * it back. Thousands of disks differ from their neighbours in a few pages of a file of megabytes.
 */
export class FileImage {
  /** Zeros behind `size`, always. */
  #bytes = Buffer.alloc(16 * CHUNK_BYTES)
  #size = 0
  /** 128 bits of each chunk; zeros for a chunk of zeros. */
  #chunkLanes = new Uint32Array(16 * LANES)
  #lanes = new Uint32Array(LANES)
  /** Chunks whose lanes are out of date. */
  #stale = new Set()
  /** What the chunks that a trial has touched were before. */
  #before

  get size() {
    return this.#size
  }

  /** A view, good until the next change. */
  get bytes() {
    return this.#bytes.subarray(0, this.#size)
  }

  /** Equal for equal bytes. Not for use against an adversary: the lanes of all chunks are joined by XOR. */
  get fingerprint() {
    this.#freshen()
    return `${this.#size}:${Buffer.from(this.#lanes.buffer).toString('base64url')}`
  }

  write(offset, data) {
    if (data.length === 0) return
    this.grow(offset + data.length)
    this.#touch(offset, offset + data.length)
    data.copy(this.#bytes, offset)
  }

  /** Makes it at least this long, with zeros. */
  grow(size) {
    if (size <= this.#size) return
    if (size > this.#bytes.length) this.#makeRoom(size)
    this.#size = size
  }

  truncate(size) {
    if (size >= this.#size) return this.grow(size)
    this.#touch(size, this.#size)
    this.#bytes.fill(0, size, this.#size)
    this.#size = size
  }

  /** Does what `change` does to this image, gives the result to `use`, and takes it back. */
  try(change, use) {
    this.#freshen()
    const before = { size: this.#size, lanes: this.#lanes.slice(), chunks: new Map() }
    this.#before = before
    try {
      change()
      return use()
    } finally {
      this.#before = undefined
      this.#restore(before)
    }
  }

  #restore({ size, lanes, chunks }) {
    for (const [chunk, { bytes, chunkLanes }] of chunks) {
      bytes.copy(this.#bytes, chunk * CHUNK_BYTES)
      this.#chunkLanes.set(chunkLanes, chunk * LANES)
    }
    this.#stale.clear()
    this.#lanes = lanes
    this.#size = size
  }

  #makeRoom(size) {
    const capacity = 2 ** Math.ceil(Math.log2(size))
    this.#bytes = Buffer.concat([this.#bytes], capacity)
    const lanes = new Uint32Array((capacity / CHUNK_BYTES) * LANES)
    lanes.set(this.#chunkLanes)
    this.#chunkLanes = lanes
  }

  #touch(from, to) {
    for (let chunk = Math.floor(from / CHUNK_BYTES); chunk * CHUNK_BYTES < to; chunk += 1) {
      this.#stale.add(chunk)
      if (this.#before && !this.#before.chunks.has(chunk)) this.#before.chunks.set(chunk, this.#copyOf(chunk))
    }
  }

  #copyOf(chunk) {
    return {
      bytes: Buffer.from(this.#chunk(chunk)),
      chunkLanes: this.#chunkLanes.slice(chunk * LANES, (chunk + 1) * LANES),
    }
  }

  #chunk(chunk) {
    return this.#bytes.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES)
  }

  #freshen() {
    for (const chunk of this.#stale) {
      const fresh = lanesOf(this.#chunk(chunk), chunk)
      for (let lane = 0; lane < LANES; lane += 1) {
        this.#lanes[lane] ^= this.#chunkLanes[chunk * LANES + lane] ^ fresh[lane]
      }
      this.#chunkLanes.set(fresh, chunk * LANES)
    }
    this.#stale.clear()
  }
}

const NOTHING = new Uint32Array(LANES)

/** Mixed with the place, so that the same bytes in two places don't cancel each other. */
const lanesOf = (bytes, chunk) => {
  if (bytes.equals(ZEROS)) return NOTHING
  const digest = hash('sha1', bytes, 'buffer')
  const lanes = new Uint32Array(LANES)
  for (let lane = 0; lane < LANES; lane += 1) {
    lanes[lane] = Math.imul(digest.readUInt32LE(lane * 4) ^ Math.imul(chunk + 1, 0x9e3779b1), 0x85ebca6b)
  }
  return lanes
}
