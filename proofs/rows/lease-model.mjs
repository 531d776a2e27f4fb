import { checkModel } from '../lease-model/check.mjs'

/** What each assertion of the model says, for the report. */
const BROKEN = {
  'ends<=1': 'an item ended twice',
  'holder==my_claim': 'a write was let through under a lease that was no longer in force',
  'holder==0': 'two workers owned the item at once',
  'token>newest_token': 'a token was given twice',
  'state==completed': 'a completion that was acknowledged is gone',
}

/** The protocol as it is, and with each of its two guards alone. */
const GUARDED = ['AS_IT_IS', 'WHERE_ALONE', 'TRIGGER_ALONE']

/** Every state of each of the variants. An error is a violation, and so is a model that says less than it seems to. */
const prove = (variants) => async (context) => {
  const { folder, load } = context
  const figures = {}
  const violations = []
  for (const variant of variants) {
    const startedAt = performance.now()
    const found = await checkModel({ folder, variant, claims: load.claims })
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10
    figures[variant] = { states: found.states, errors: found.errors, seconds }
    violations.push(...violationsIn(context, variant, found))
  }
  return { done: true, passed: violations.length === 0, figures, violations, reached: { claims: load.claims } }
}

const violationsIn = ({ keep }, variant, { errors, assertion, unreached, trail }) => {
  if (errors > 0) {
    const what = BROKEN[assertion] ?? assertion ?? 'Spin found an error'
    return [{ what, variant, trail: keep(`${variant}.txt`, trail) }]
  }
  return unreached > 0 ? [{ what: `${unreached} statements of the model never ran`, variant }] : []
}

const mistake = (name, variant) => ({ name, prove: prove([variant]) })

export const row = {
  name: 'lease-model',
  title:
    'The lease protocol, model-checked: three workers, three attempts, a name used twice, a clock that says anything',
  promises: ['P1', 'P2'],
  needs: ['spin', 'cc'],
  loads: { full: { claims: 5 }, quick: { claims: 3 } },
  prove: prove(GUARDED),
  mistakes: [
    mistake('the owner by name instead of by token', 'NO_TOKEN'),
    mistake('the token without the state', 'NO_STATE'),
    mistake('frozen ended rows without a guard of the lease', 'NO_WHERE'),
    mistake('the owner by name and a clock instead of a token', 'CLOCK_FENCE'),
    mistake('looking in one transaction, writing in the next', 'CHECK_FIRST'),
    mistake('a claim that takes the item whatever became of it', 'BLIND_CLAIM'),
    mistake('a sweep that leaves the token as it is', 'SILENT_SWEEP'),
    mistake('tokens that begin anew with an id that is given again', 'NO_FLOOR'),
  ],
}
