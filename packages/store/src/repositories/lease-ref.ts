import { checkInteger, checkName } from '../input.js'
import type { LeaseRef } from '../work-items.js'

/** The proof alone, out of a lease with all its facts. */
export const leaseRefOf = ({ tenant, workItemId, fencingToken }: LeaseRef): LeaseRef => ({
  tenant: checkName('tenant', tenant),
  workItemId: checkName('workItemId', workItemId),
  fencingToken: checkInteger('fencingToken', fencingToken, 0, Number.MAX_SAFE_INTEGER),
})
