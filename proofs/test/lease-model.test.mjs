import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { row } from '../rows/lease-model.mjs'
import { PROOFS } from '../support/rows.mjs'
import { proveQuickly } from './prove-quickly.mjs'

proveQuickly(row, { mistakes: ['the owner by name instead of by token', 'a sweep that leaves the token as it is'] })

/** What the model takes for granted of the store's SQL: where it changes, the model has to be thought through again. */
const ASSUMED = {
  'packages/store/src/sqlite/lease-guard.ts': [`and state = 'running' and fencing_token = \${p('fencingToken')}\``],
  'packages/store/src/sqlite/claim.ts': [
    `fencing_token = fencing_token + 1, settle_token = null, attempt = attempt + 1`,
    `where seq \${which} and state = 'pending'`,
  ],
  'packages/store/src/sqlite/recovery.ts': [`fencing_token = fencing_token + 1`],
  'packages/store/src/sqlite/cancellation.ts': [`fencing_token = fencing_token + 1`],
  'packages/schema/src/triggers/work-items.ts': [
    `and NEW.settle_token is distinct from OLD.fencing_token`,
    `NEW.fencing_token = OLD.fencing_token + 1 and NEW.attempt = OLD.attempt + 1 and NEW.settle_token is null`,
  ],
}

describe('the model of the lease protocol', () => {
  it.each(Object.entries(ASSUMED))('speaks of the guards that are in %s', (file, texts) => {
    const source = readFileSync(join(PROOFS, '..', file), 'utf8')

    for (const text of texts) expect(source).toContain(text)
  })
})
