import { HOLDFAST } from '../adapters/index.mjs'

/**
 * Measures one row for all variants, Holdfast and its peers in turns, and answers their figures side by side.
 *
 * A measurement that fails is a figure that says so: the others go on.
 *
 * @returns {Promise<{ row: object, subjects: { peer: object, variant: object, figures: object[], beside: object[] }[] }>}
 *   `beside[i]` is Holdfast's figure of the same round as `figures[i]`.
 */
export const compare = async (row, peers, { rounds, options, servers, folder, say }) => {
  const subjects = peers.flatMap((peer) => variantsFor(row, peer).map((variant) => newSubject(row, peer, variant)))
  const able = subjects.filter(({ whyNot }) => whyNot === undefined)
  const measured = async (peer, variant) => {
    say(`${row.name}: ${peer.name} ${variant.name}`)
    return figureOf(row, { peer, variant, servers, folder }, options)
  }
  const turns = Math.min(rounds, row.rounds ?? rounds)
  const oncePerLevel = row.oncePerLevel ?? options.oncePerLevel
  for (let round = 0; round < turns; round++)
    await (row.atOnce ? allAtOnce(able, measured) : inTurns(able, measured, oncePerLevel))
  return { row, subjects }
}

const inTurns = async (subjects, measured, oncePerLevel) => {
  const known = new Map()
  for (const subject of oncePerLevel ? byLevel(subjects) : subjects) {
    const shared = oncePerLevel ? known.get(subject.holdfast) : undefined
    const beside = shared ?? (await measured(HOLDFAST, subject.holdfast))
    known.set(subject.holdfast, beside)
    subject.beside.push(beside)
    subject.figures.push(await measured(subject.peer, subject.variant))
  }
}

const allAtOnce = async (subjects, measured) => {
  const holdfasts = [...new Set(subjects.map(({ holdfast }) => holdfast))]
  const beside = new Map(holdfasts.map((variant) => [variant, measured(HOLDFAST, variant)]))
  await Promise.all(
    subjects.map(async (subject) => {
      const [own, theirs] = await Promise.all([beside.get(subject.holdfast), measured(subject.peer, subject.variant)])
      subject.beside.push(own)
      subject.figures.push(theirs)
    }),
  )
}

/** By level where one run of Holdfast serves all of a level, so that it is not long ago. */
const byLevel = (subjects) => subjects.toSorted((a, b) => a.holdfast.name.localeCompare(b.holdfast.name))

const variantsFor = (row, peer) => peer.variants.filter((variant) => variant.asShipped || !row.asShippedOnly)

const newSubject = (row, peer, variant) => ({
  peer,
  variant,
  holdfast: HOLDFAST.variants.find((own) => (row.asShippedOnly ? own.asShipped : own.level === variant.level)),
  whyNot: row.whyNot?.(peer),
  figures: [],
  beside: [],
})

const figureOf = async (row, subject, options) => {
  try {
    return await row.measure(subject, options)
  } catch (error) {
    return { failed: error.message.split('\n')[0] }
  }
}
