import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { randomFrom } from '../support/random.mjs'
import { copyStore, makeBases } from './bases.mjs'
import { damagesOf, randomDamage } from './damages.mjs'
import { fileOpener } from './opener.mjs'
import { verdictOf } from './verdict.mjs'

const NOBODY = 65_534
const SAVE_EVERY = 50
/** More say nothing that these don't; a mistake is caught by one. */
const VIOLATIONS_ENOUGH = 20

/**
 * Damages copies of stores in one way each, opens them in other processes, and judges what came of it. What looks wrong
 * is tried again on a fresh copy by a fresh process, and counts when it is wrong again.
 *
 * @param {import('../support/context.mjs').Context} context
 * @param {{ nodeArgs?: string[] }} [product] Flags that make the product wrong on purpose.
 * @returns {Promise<import('../support/rows.mjs').Outcome>}
 */
export const proveDamages = async (context, { nodeArgs = [] } = {}) => {
  const { load, seed, folder } = context
  const { enough = VIOLATIONS_ENOUGH } = load
  const bases = await makeBases(join(folder, 'bases'))
  const damages = chosen(bases, load, randomFrom(seed))
  const state = context.state ?? { files: 0, outcomes: {}, violations: [] }
  const tryOne = trier({ bases, folder, nodeArgs })
  try {
    while (state.files < damages.length && state.violations.length < enough && !context.isOver()) {
      const damage = damages[state.files]
      count(state, damage, await twice(tryOne, damage, context))
      state.files += 1
      context.progress(state.files, damages.length, `${state.violations.length} violations`)
      if (state.files % SAVE_EVERY === 0) await context.save(state)
    }
  } finally {
    await tryOne.close()
  }
  await context.save(state)
  const { files, outcomes, violations } = state
  const done = files === damages.length || violations.length >= enough
  return { done, passed: violations.length === 0, figures: outcomes, violations, reached: { files } }
}

/** All that are special; then, mixed, as many of the systematic ones as fit and random ones; or those of some kinds. */
const chosen = (bases, { files, kinds }, random) => {
  const { special, systematic } = damagesOf(bases)
  if (kinds)
    return [...special, ...random.shuffle(systematic)].filter(({ kind }) => kinds.includes(kind)).slice(0, files)
  const room = files - special.length
  // At least a third is random, so that no kind is left out of a short run.
  const some = random.shuffle(systematic).slice(0, Math.max(room - Math.ceil(room / 3), 0))
  const others = Array.from({ length: room - some.length }, () => randomDamage(bases, random))
  return [...special, ...random.shuffle([...some, ...others])]
}

const count = ({ outcomes, violations }, { kind, what, base }, { outcome, problem, evidence }) => {
  outcomes[kind] ??= {}
  outcomes[kind][outcome] = (outcomes[kind][outcome] ?? 0) + 1
  if (problem !== undefined) violations.push({ what: `${kind}, ${what} (${base}): ${problem}`, evidence })
}

const twice = async (tryOne, damage, context) => {
  const first = await tryOne(damage)
  if (first.problem === undefined) return first
  await tryOne.close()
  const again = await tryOne(damage, (path) => context.keep(path))
  if (again.problem !== undefined) context.log(`${damage.kind}, ${damage.what} (${damage.base}): ${again.problem}`)
  return again.problem === undefined ? again : { ...again, evidence: again.kept }
}

/** Tries one damage on a fresh copy. */
const trier = ({ bases, folder, nodeArgs }) => {
  const openers = new Map()
  const openerOf = (isUnprivileged) => {
    if (!openers.has(isUnprivileged)) openers.set(isUnprivileged, fileOpener({ nodeArgs, isUnprivileged }))
    return openers.get(isUnprivileged)
  }
  let tried = 0
  const tryOne = async (damage, keep = () => undefined) => {
    tried += 1
    const place = join(folder, `file-${tried}`)
    const { ledger } = bases[damage.base]
    const path = copyTo(place, bases[damage.base].path, damage)
    damage.apply(path)
    const before = bytesOf(path)
    const answer = await openerOf(damage.unprivileged ?? false).open(path, ledger)
    if (damage.unprivileged) chmodSync(place, 0o755)
    const verdict = verdictOf(damage, { answer, isUntouched: bytesOf(path) === before, ledger })
    const kept = verdict.problem === undefined ? undefined : keep(place)
    rmSync(place, { recursive: true, force: true })
    return { ...verdict, kept }
  }
  tryOne.close = async () => {
    for (const opener of openers.values()) await opener.close()
    openers.clear()
  }
  return tryOne
}

const copyTo = (place, from, { unprivileged }) => {
  mkdirSync(place)
  const path = join(place, 'holdfast.db')
  copyStore(from, path)
  if (unprivileged) belongToNobody(place)
  return path
}

const belongToNobody = (place) => {
  // Everything above has to let him in.
  chmodSync(join(place, '..'), 0o755)
  if (process.getuid?.() !== 0) return
  for (const name of ['', 'holdfast.db', 'holdfast.db-wal']) {
    if (existsSync(join(place, name))) chownSync(join(place, name), NOBODY, NOBODY)
  }
}

/** One hash over the file and its WAL. The index of the WAL is made anew by whoever opens it. */
const bytesOf = (path) => {
  const hash = createHash('sha256')
  for (const file of [path, `${path}-wal`]) {
    const stat = lstatSync(file, { throwIfNoEntry: false })
    // An empty WAL is none: whoever looks into a file in WAL mode makes one.
    if (file !== path && stat?.size === 0) continue
    if (stat === undefined) continue
    hash.update(`${file} ${stat.mode} ${stat.isFile() ? stat.size : ''}`)
    if (stat.isFile()) hash.update(readFileSync(file))
  }
  return hash.digest('hex')
}
