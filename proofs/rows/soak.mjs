import { mutated } from '../support/mutate.mjs'
import { floorsOf, slopeOf } from '../soak/slope.mjs'
import { soak } from '../soak/soak.mjs'

const MEGABYTE = 1_048_576
const TEN_MINUTES_MS = 600_000
/** Open files come and go with connections; what leaks goes on rising. */
const FILES_APART = 16

const prove = (changes) => async (context) => {
  const { load, folder, progress } = context
  const { looks, perSecond, answered, refusals } = await soak({
    folder,
    peakSeconds: load.peakSeconds,
    seconds: load.seconds,
    nodeArgs: changes ? mutated(...changes()).nodeArgs : [],
    onLook: (atMs) => progress(Math.round(atMs / 1_000), load.seconds, 'seconds'),
  })
  const found = Object.entries(looks).map(([name, seen]) => judge(name, seen, load))
  const violations = [...refusals.slice(0, 10), ...found.flatMap((each) => each.violations)]
  return {
    done: true,
    passed: violations.length === 0,
    figures: {
      'tasks a second': Math.round(perSecond),
      tasks: answered,
      ...Object.assign({}, ...found.map((each) => each.figures)),
    },
    violations,
    reached: { ...load },
  }
}

/** One process, after its warm-up. */
const judge = (name, seen, { warmUpSeconds, floorSeconds, growthMb }) => {
  const warm = seen.filter(({ atMs }) => atMs >= warmUpSeconds * 1_000)
  const memory = floorsOf(
    warm.map(({ atMs, bytes }) => ({ atMs, value: bytes })),
    floorSeconds * 1_000,
  )
  const growth = (slopeOf(memory) * TEN_MINUTES_MS) / MEGABYTE
  const mostFiles = (of) => Math.max(...of.map(({ files }) => files))
  const half = Math.ceil(warm.length / 2)
  const [before, after] = [mostFiles(warm.slice(0, half)), mostFiles(warm.slice(half))]
  return {
    figures: {
      [`${name}: growth, MB in 10 minutes`]: Math.round(growth * 100) / 100,
      [`${name}: memory at most, MB`]: Math.round(Math.max(...warm.map(({ bytes }) => bytes)) / MEGABYTE),
      [`${name}: open files at most`]: Math.max(before, after),
    },
    violations: [
      ...(growth < growthMb ? [] : [{ what: `the ${name} grows by ${growth.toFixed(1)} MB in 10 minutes` }]),
      ...(after <= before + FILES_APART ? [] : [{ what: `the ${name} had ${before} open files, and then ${after}` }]),
    ],
  }
}

/** Shows that nothing gathers in API or worker. Takes an hour, so it runs only when it is named. */
export const row = {
  name: 'soak',
  title: 'API and worker at half of their peak for an hour: memory and open files stay as they are, nothing is refused',
  promises: ['P7'],
  folders: ['soak', 'storm'],
  optIn: true,
  loads: {
    full: { seconds: 3_600, peakSeconds: 20, warmUpSeconds: 900, floorSeconds: 60, growthMb: 1 },
    // Too short to tell a small leak from a program that warms up.
    quick: { seconds: 8, peakSeconds: 2, warmUpSeconds: 2, floorSeconds: 1, growthMb: 3_000 },
  },
  prove: prove(),
  mistakes: [
    {
      name: 'every operation that was ever submitted is kept',
      prove: prove(() => [
        {
          file: 'packages/store/dist/repositories/tasks.js',
          replace: 'async get(id, options = {}) {',
          by: 'async get(id, options = {}) { (globalThis.kept ??= []).push(Buffer.alloc(16_777_216, 1));',
        },
      ]),
    },
    {
      name: 'a file is opened with every call and never closed',
      prove: prove(() => [
        {
          file: 'packages/store/dist/repositories/tasks.js',
          replace: 'async get(id, options = {}) {',
          by: "async get(id, options = {}) { (await import('node:fs')).openSync('/dev/null');",
        },
      ]),
    },
  ],
}
