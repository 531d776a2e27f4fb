import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What a handler was told, kept outside of the database that is on trial: a line goes to the kernel in one write, so it
 * outlives `kill -9`, and it is written only after the promise of the product has resolved.
 */
export const note = (event) => {
  const folder = process.env.HOLDFAST_PROOF_LEDGER
  if (folder !== undefined) appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(event)}\n`)
}

/** All that was noted. A last line that a kill cut short was acknowledged to nobody. */
export const readLedger = (folder) =>
  readdirSync(folder).flatMap((file) => {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n')
    return lines.slice(0, -1).map((line) => JSON.parse(line))
  })
