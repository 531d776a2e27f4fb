/** What may keep a store from opening because of what its files are. None says "again" or "a defect of Holdfast". */
const NAMED = [
  'store.not_a_database',
  'store.corrupt',
  'store.missing',
  'store.read_only',
  'store.io',
  'store.newer_schema',
  'store.migration_changed',
  'store.durability_mismatch',
  'input.invalid',
]

const REFUSED_WITHIN_MS = 1_000

/**
 * What became of one damaged store, and what is wrong with that.
 *
 * @param {import('./damages.mjs').Damage} damage
 * @param {object} seen
 * @param {any} seen.answer Of the process that opened it.
 * @param {boolean} seen.isUntouched Whether every byte is as it was.
 * @param {import('./ledger.mjs').Ledger} seen.ledger
 * @returns {{ outcome: string, problem?: string }}
 */
export const verdictOf = (damage, { answer, isUntouched, ledger }) => {
  if (answer.ended !== undefined) return ending(damage, answer)
  if (answer.refused) return refusal(damage, answer, isUntouched)
  const { outcome, problem } = opening(damage, answer, ledger)
  return problem === undefined ? { outcome } : { outcome, problem }
}

/** libsql can't hand over a text that is not UTF-8: it ends the process, whoever reads it. Nothing in a page says so before. */
const NOT_UTF8 = /libsql.*value\.rs[\s\S]*Utf8Error/

const ending = ({ expect }, { ended, errors }) =>
  expect === 'content' && NOT_UTF8.test(errors)
    ? { outcome: 'the process ended: libsql and a text that is no UTF-8' }
    : { outcome: 'crashed', problem: `the process ended: ${ended} ${errors}` }

const refusal = ({ expect }, { refused, tookMs }, isUntouched) => {
  const outcome = `refused, ${refused.code}`
  const because = `${refused.code}: ${refused.message}`
  if (!NAMED.includes(refused.code)) return { outcome, problem: `refused without a name for it: ${because}` }
  if (tookMs > REFUSED_WITHIN_MS) return { outcome, problem: `refused after ${Math.round(tookMs)} ms: ${because}` }
  if (!isUntouched) return { outcome, problem: `refused, and changed the files: ${because}` }
  return expect === 'whole' ? { outcome, problem: `refused what is whole: ${because}` } : { outcome }
}

/** Opened: is everything there, and if not, who says so? */
const opening = ({ expect }, { readings, found }, ledger) => {
  if (expect === 'refused') return { outcome: 'opened', problem: 'opened what is no store' }
  const compare = Object.entries(readings).map(([task, reading]) => compared(ledger[task], reading))
  const unnamed = Object.values(readings).find(({ error }) => error && !NAMED.includes(error.code))
  if (unnamed) {
    const { code, message } = unnamed.error
    return { outcome: 'read', problem: `reading failed without a name for it: ${code}: ${message}` }
  }
  if (found === undefined) return { outcome: 'all read' }
  if (expect === 'whole') return { outcome: 'lost', problem: `acknowledged work is not read: ${counts(compare)}` }
  const told = noticedBy(compare, found)
  return told ? { outcome: `noticed by ${told}` } : unnoticed(expect, compare, found)
}

const unnoticed = (expect, readings, { tasks }) => {
  const what = `nobody notices that of ${readings.length} tasks ${counts(readings)}`
  const isEmpty = tasks.digest === 0
  if (expect === 'another') return { outcome: 'another store, unnoticed' }
  if (isEmpty && expect !== 'older') return { outcome: 'empty', problem: `an empty store in its place: ${what}` }
  if (expect === 'older' && !readings.includes('other')) return { outcome: 'an earlier state, unnoticed' }
  if (expect === 'content') return { outcome: 'other content, unnoticed' }
  return { outcome: 'unnoticed', problem: what }
}

const compared = (history, { digest, error }) => {
  if (error) return 'an error'
  if (digest === history.at(-1)) return 'right'
  return digest === null || history.includes(digest) ? 'older' : 'other'
}

const counts = (readings) =>
  [...new Set(readings)]
    .map((each) => `${readings.filter((reading) => reading === each).length} are ${each}`)
    .join(', ')

/** Findings of the doctor that speak of damage; others are about the machine, or about being killed. */
const OF_DAMAGE = /^(?:store\.(?:corrupt|foreign_keys)|check\.failed|schema\.|fencing\.|journal\.|task\.without_items)/

const noticedBy = (readings, { quick, full, name }) => {
  const says = ({ digest, error }) => (error ? true : digest.some((code) => OF_DAMAGE.test(code)))
  if (readings.includes('an error') || name.error) return 'reading'
  if (says(quick)) return 'the quick check'
  return says(full) ? 'the full check' : undefined
}
