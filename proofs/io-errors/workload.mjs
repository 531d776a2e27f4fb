/** Small enough that a life is short, large enough that its write-ahead log is copied back and begun anew in it. */
const INPUT_CHARACTERS = 60_000
const SNAPSHOT_CHARACTERS = 12_000
const SUBMISSIONS = 6
const CLAIMED = 3
const QUEUE = 'work'

/**
 * What one operation came to: `ok`, or the code of its error.
 *
 * @typedef {object} Answer
 * @property {'submit' | 'checkpoint' | 'complete'} kind
 * @property {string} id Of the task, or the checkpoint.
 * @property {string} outcome
 */

/**
 * One round of work: tasks of many callers, and checkpoints and completions of what earlier rounds submitted, all at once
 * and each beside another kind, so that they share commits and not statements.
 *
 * @param {import('@holdfast/store').Store} store
 * @param {string} name Unlike that of any other round.
 * @param {Answer[]} answers Gets one of each operation.
 */
export const workARound = async (store, name, answers) => {
  const noted = async (kind, id, promise) => {
    const outcome = await promise.then(
      () => 'ok',
      (error) => String(error.code ?? error),
    )
    answers.push({ kind, id, outcome })
  }
  const submit = (i) => {
    const id = `${name}-${i}`
    return noted(
      'submit',
      id,
      store.tasks.submit({ id, type: 'work', queue: QUEUE, input: filler(id, INPUT_CHARACTERS) }),
    )
  }
  const work = async (lease) => {
    const id = `${name}-of-${lease.workItemId}`
    const snapshot = filler(id, SNAPSHOT_CHARACTERS)
    await noted('checkpoint', id, store.checkpoints.append(lease, { id, type: 'tool_executed', snapshot }))
    await noted('complete', lease.taskId, store.leases.complete(lease, { of: id }))
  }
  const claim = { queues: [QUEUE], owner: 'life', processId: store.info().processId, leaseMs: 600_000, limit: CLAIMED }
  const leases = await store.leases.claim(claim).catch(() => [])
  await Promise.all(
    Array.from({ length: SUBMISSIONS }, (_, i) => [submit(i), ...leases.slice(i, i + 1).map(work)]).flat(),
  )
}

/** Text that is unlike that of any other id, so that a page that went astray is noticed. */
const filler = (id, characters) => `${id} `.repeat(Math.ceil(characters / (id.length + 1))).slice(0, characters)

/** Codes of an operation that says that nothing was written. Any other but `store.outcome_unknown` is no clear answer. */
export const CLEAR_CODES = ['store.io', 'store.disk_full', 'store.timeout', 'store.overloaded']
const UNKNOWN = 'store.outcome_unknown'

/**
 * What the answers and the store contradict each other in.
 *
 * @param {import('@holdfast/store').Store} store
 * @param {readonly Answer[]} answers
 * @returns {Promise<{ what: string }[]>}
 */
export const contradictions = async (store, answers) => {
  const found = []
  for (const answer of answers) {
    const { kind, id, outcome } = answer
    if (outcome === UNKNOWN) continue
    const isThere = await IS_THERE[kind](store, id)
    if (outcome === 'ok' && !isThere) found.push({ what: `an acknowledged ${kind} is not there`, id })
    if (outcome !== 'ok' && isThere) found.push({ what: `a ${kind} that was answered ${outcome} is there`, id })
  }
  return found
}

const IS_THERE = {
  submit: async (store, id) => (await store.tasks.get(id)) !== undefined,
  checkpoint: async (store, id) => {
    const checkpoint = await store.checkpoints.get(id)
    return checkpoint !== undefined && checkpoint.snapshot === filler(id, SNAPSHOT_CHARACTERS)
  },
  complete: async (store, id) => (await store.tasks.get(id))?.state === 'completed',
}

/** Answers that say neither that it is done nor that it isn't, and why. */
export const unclear = (answers) =>
  answers
    .filter(({ outcome }) => outcome !== 'ok' && outcome !== UNKNOWN && !CLEAR_CODES.includes(outcome))
    .map(({ kind, id, outcome }) => ({
      what: `a ${kind} was answered ${outcome}, which is no clear word on a disk`,
      id,
    }))
