import { Buffer } from 'node:buffer'
import type { Payload } from '../payload.js'

/**
 * A payload as two columns hold it. Inputs, results and responses have no column for the size of their JSON: of
 * another codec's text, `rawBytes` says how much is stored.
 */
export const payloadOf = (data: string, encoding: string): Payload => ({
  data,
  encoding,
  rawBytes: Buffer.byteLength(data),
})

/** The payload of two nullable columns, which are NULL together. */
export const payloadOrNull = (data: string | null, encoding: string | null): Payload | null =>
  data === null || encoding === null ? null : payloadOf(data, encoding)
