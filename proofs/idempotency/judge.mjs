import { openDatabase } from '@holdfast/store/sqlite'

/**
 * What is wrong with the answers that the callers of one key were given: the first body wins, all who ask for it are
 * answered alike, byte for byte, one of them at most as the first, and all others are told that the key is taken.
 */
export const wrongAnswers = ({ key, answers }) => {
  const accepted = answers.filter(({ status }) => status === 201)
  const refused = answers.filter(({ status }) => status !== 201)
  const winner = accepted[0]
  return [
    accepted.some(({ body }) => body !== winner.body) && 'two bodies were accepted under one key',
    accepted.some(({ text }) => text !== winner.text) && 'one request was given two answers',
    accepted.some(({ location }) => location !== winner.location) && 'one request was sent to two places',
    accepted.filter(({ isReplay }) => !isReplay).length > 1 && 'an effect happened twice',
    winner === undefined && 'nobody was accepted',
    ...refused
      .filter((answer) => !isConflict(answer) || answer.body === winner?.body)
      .map(({ status, text }) => `a caller was answered ${status}: ${text.slice(0, 200)}`),
  ]
    .filter(Boolean)
    .map((what) => ({ what, key }))
}

const isConflict = ({ status, text }) => status === 422 && JSON.parse(text).code === 'idempotency.conflict'

/** What is wrong in the file: one task per key, that of the answer, and the key with that answer. */
export const wrongEffects = (file, calls) => {
  const connection = openDatabase({ path: file, role: 'reader' })
  try {
    const effects = connection.prepare(`SELECT id, input ->> 'body' AS body FROM work_items WHERE input ->> 'key' = ?`)
    const kept = connection.prepare(`SELECT state, response FROM idempotency_keys WHERE key = 'http:' || ?`)
    return calls.flatMap(({ key, answers }) => {
      const accepted = answers.find(({ status }) => status === 201)
      const tasks = effects.all(key)
      const [row] = kept.all(key)
      return [
        tasks.length !== 1 && `a key has ${tasks.length} effects`,
        accepted && tasks[0]?.body !== accepted.body && 'the effect is of another request',
        accepted && !accepted.text.includes(`"${tasks[0]?.id}"`) && 'the answer names another task',
        accepted && row?.response !== accepted.text && 'the key keeps another answer',
        row?.state !== 'completed' && `the key is ${row?.state ?? 'gone'}`,
      ]
        .filter(Boolean)
        .map((what) => ({ what, key }))
    })
  } finally {
    connection.close()
  }
}
