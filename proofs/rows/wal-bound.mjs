import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BOUND_BYTES, SMALL_WITHIN_MS, writeWhileReading } from '../wal/bound.mjs'
import { mutated } from '../support/mutate.mjs'

/** The WAL is begun anew when it has reached this, and not before: so much went through it each time. */
const WAL_CHECKPOINT_BYTES = 4_194_304
const GIGABYTE = 1e9

/** Slices on new files until enough went through the WAL; in the last one somebody stays in a snapshot. */
const prove = (changes) => async (context) => {
  const { load, folder, save, isOver, progress } = context
  const nodeArgs = changes ? mutated(...changes()).nodeArgs : []
  const state = context.state ?? { slices: 0, resets: 0, mostBytes: 0, pages: 0, held: undefined }
  const bytes = () => state.resets * WAL_CHECKPOINT_BYTES
  const isEnough = () => bytes() >= load.gigabytes * GIGABYTE && (load.heldSeconds === 0 || state.held !== undefined)
  while (!isEnough() && !isOver()) {
    const place = join(folder, `slice-${state.slices}`)
    mkdirSync(place)
    const isLast = bytes() >= load.gigabytes * GIGABYTE
    const found = await writeWhileReading({
      path: join(place, 'store.db'),
      seconds: load.sliceSeconds,
      heldSeconds: isLast ? load.heldSeconds : 0,
      readers: load.readers,
      nodeArgs,
    })
    rmSync(place, { recursive: true })
    state.slices += 1
    state.resets += found.resets
    state.pages += found.pages
    state.mostBytes = Math.max(state.mostBytes, found.mostBytes)
    if (isLast) state.held = { bytes: found.heldBytes, smallAfterMs: found.smallAfterMs, isSmall: found.isSmall }
    await save(state)
    progress(bytes() / GIGABYTE, load.gigabytes, 'GB through the WAL')
    const violations = [...found.violations, ...violationsOf(state, found)]
    if (violations.length > 0) return outcome(state, load, bytes(), true, violations)
  }
  return outcome(state, load, bytes(), isEnough(), [])
}

const violationsOf = ({ mostBytes, held }, { resets, pages }) =>
  [
    [mostBytes <= BOUND_BYTES, `the WAL grew to ${megabytes(mostBytes)} MB while readers came and went`],
    [
      resets > 0 && pages > 0,
      `nothing was shown: the WAL was begun anew ${resets} times, and ${pages} pages were read`,
    ],
    [
      !held || (held.isSmall && held.smallAfterMs <= SMALL_WITHIN_MS),
      `the WAL stayed large for ${held?.smallAfterMs} ms`,
    ],
  ].flatMap(([holds, what]) => (holds ? [] : [{ what }]))

const megabytes = (bytes) => Math.round(bytes / 1e5) / 10

const outcome = ({ slices, resets, mostBytes, pages, held }, load, bytes, done, violations) => ({
  done,
  passed: violations.length === 0,
  figures: {
    slices,
    'GB through the WAL, at least': Math.round(bytes / 1e7) / 100,
    'WAL begun anew': resets,
    'pages of tasks read': pages,
    'WAL at most, MB': megabytes(mostBytes),
    ...(held
      ? { 'WAL with a reader who stays, MB': megabytes(held.bytes), 'small again after he left, ms': held.smallAfterMs }
      : {}),
  },
  violations,
  reached: done ? { ...load } : {},
})

/** Shows that readers who come and go without a pause can't make the WAL grow. */
export const row = {
  name: 'wal-bound',
  title: 'The WAL stays within 64 MB under readers without a pause, and comes back to it when one who stayed has left',
  promises: ['P3', 'P7'],
  folders: ['wal'],
  loads: {
    full: { gigabytes: 5, sliceSeconds: 60, readers: 4, heldSeconds: 300 },
    quick: { gigabytes: 0.01, sliceSeconds: 3, readers: 2, heldSeconds: 2 },
  },
  prove: prove(),
  mistakes: [
    {
      name: 'nobody makes room in the WAL',
      load: { gigabytes: 0.01, sliceSeconds: 5, readers: 1, heldSeconds: 0 },
      prove: prove(() => [
        {
          file: 'packages/store/dist/sqlite/wal/wal-checkpoint.js',
          replace: 'this.#cycle ??= this.#begin();',
          by: '',
        },
      ]),
    },
  ],
}
