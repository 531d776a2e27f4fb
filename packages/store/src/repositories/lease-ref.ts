import { InvalidInputError } from '../errors.js'
import { checkInteger, checkName } from '../input.js'
import type { LeaseRef } from '../work-items.js'

/**
 * Only the proof of a lease, checked: whatever else the caller's object holds stays here.
 *
 * @throws {InvalidInputError} `input.invalid`
 */
export const leaseRefOf = (lease: LeaseRef): LeaseRef => {
  if (typeof lease !== 'object' || lease === null) throw new InvalidInputError('a lease is what claim() gave')
  return {
    tenant: checkName('tenant', lease.tenant),
    workItemId: checkName('workItemId', lease.workItemId),
    fencingToken: checkInteger('fencingToken', lease.fencingToken, 0, Number.MAX_SAFE_INTEGER),
  }
}
