import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { proveByBudget } from '../disk-full/budget.mjs'
import { proveByMount } from '../disk-full/mount.mjs'
import { mutated } from '../support/mutate.mjs'
import { missingTools } from '../support/tools.mjs'

/** The real programs on disks that run full, by a limit for the growth of files and on real ones. */
const prove =
  (nodeArgs = []) =>
  async (context) => {
    const { load } = context
    const folder = (name) => {
      const made = join(realpathSync(context.folder), name)
      mkdirSync(made)
      return made
    }
    const figures = {}
    const violations = []
    const notes = []
    for (const bytes of load.rooms) {
      const found = await proveByBudget({ folder: folder(`limit-${bytes}`), bytes, times: load.times, nodeArgs })
      figures[`limit of ${inMegabytes(bytes)}`] = found.figures
      violations.push(
        ...found.violations.map((violation) => ({ ...violation, disk: `limit of ${inMegabytes(bytes)}` })),
      )
    }
    const missing = missingTools(['root', 'mount'])
    if (missing.length > 0) notes.push(`no real disk was filled: this needs ${missing.join(', ')}`)
    for (const bytes of missing.length > 0 ? [] : load.disks) {
      const found = await proveByMount({ folder: folder(`disk-${bytes}`), bytes, times: load.times, nodeArgs })
      figures[`disk of ${inMegabytes(bytes)}`] = found.figures
      violations.push(...found.violations.map((violation) => ({ ...violation, disk: `disk of ${inMegabytes(bytes)}` })))
    }
    const reached = { times: load.times }
    return { done: true, passed: violations.length === 0, figures, violations, reached, notes }
  }

const inMegabytes = (bytes) => `${bytes / 2 ** 20} MB`

const mistake = (name, ...changes) => ({
  name,
  load: { rooms: [2 ** 19], disks: [], times: 1 },
  prove: (context) => prove(mutated(...changes).nodeArgs)(context),
})

export const row = {
  name: 'disk-full',
  title: 'A disk that runs full: reads and health answer, writes say so, and all goes on by itself',
  promises: ['P3', 'P6', 'P7'],
  needs: ['cc'],
  folders: ['disk-full', 'failing-disk'],
  loads: {
    full: { rooms: [2 ** 18, 2 ** 21, 6 * 2 ** 20], disks: [32 * 2 ** 20, 48 * 2 ** 20, 96 * 2 ** 20], times: 8 },
    quick: { rooms: [2 ** 18], disks: [16 * 2 ** 20], times: 1 },
  },
  prove: prove(),
  mistakes: [
    mistake('the API answers 500', {
      file: 'apps/api/dist/problem-kinds.js',
      replace: "'store.disk_full': kind(507, 'The disk is full', 30)",
      by: "'store.disk_full': kind(500, 'The disk is full', 30)",
    }),
    mistake('the API answers that it was accepted, and tries later', {
      file: 'apps/api/dist/problem.js',
      replace: 'export const problemResponse = (error, requestId) => {',
      by: `export const problemResponse = (error, requestId) => {
    if (error?.code === 'store.disk_full')
        return new Response(JSON.stringify({ id: 'accepted' }), { status: 202 });`,
    }),
    mistake('health asks for a write', {
      file: 'apps/api/dist/routes/health.js',
      replace: 'store.processes.list({ limit: 1 })',
      by: "store.processes.stop('nobody').then(() => store.tasks.submit({ type: 'writing', queue: 'none', input: null }))",
    }),
  ],
}
