import { describe, expect, it } from 'vitest'
import { peek } from '../../src/leases.js'
import { openSchema, plansOf } from '../plans-records/plans.js'

describe('a look at the work that there is', () => {
  const plan = (): string => plansOf(openSchema(), peek).join()

  it('is one statement', () => {
    expect(plansOf(openSchema(), peek)).toHaveLength(1)
  })

  it('probes the index of claimable items once per queue, and reads no row', () => {
    expect(plan()).toContain('SEARCH work_items USING COVERING INDEX work_items_claimable (tenant=? AND queue=?)')
  })

  it('takes the head of what is scheduled from its index', () => {
    expect(plan()).toContain('SEARCH work_items USING COVERING INDEX work_items_due (visible_at_ms>?)')
  })

  it('walks over nothing but the names that it was given, and sorts nothing', () => {
    expect(plan().match(/SCAN \w+/g)).toEqual(['SCAN CONSTANT', 'SCAN whose', 'SCAN which'])
    expect(plan()).not.toContain('TEMP B-TREE')
  })
})
