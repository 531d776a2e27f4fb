import { openSync, writeSync } from 'node:fs'

let file

/**
 * Says in the log of the recording that this process is in, here and now, what somebody asked for or was told. It is
 * synchronous: what happens after the call is younger than the mark. Without a recording it does nothing.
 *
 * @param {Record<string, unknown>} said Plain JSON.
 */
export const mark = (said) => {
  const path = process.env.HOLDFAST_RECORD_MARKS
  if (path === undefined) return
  file ??= openSync(path, 'w')
  writeSync(file, JSON.stringify(said))
}
