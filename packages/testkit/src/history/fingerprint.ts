import { createHash } from 'node:crypto'

const LONGEST = 64

/** Text by which two values are compared: short ones as they are, so that a witness can be read; long ones by digest. */
export const fingerprint = (text: string): string =>
  text.length <= LONGEST ? text : `sha256:${createHash('sha256').update(text).digest('base64url')}`
