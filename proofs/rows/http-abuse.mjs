import { prove } from '../http-abuse/prove.mjs'
import { mutated } from '../support/mutate.mjs'

/** @param {() => Parameters<typeof mutated>} changes Made when they are asked for: that looks at the built files. */
const mistake = (name, changes, load) => ({
  name,
  load: { ...FEW, ...load },
  prove: (context) => prove({ nodeArgs: mutated(...changes()).nodeArgs })(context),
})

const QUICK = {
  open: 200,
  slow: 50,
  stalled: 240,
  stalledPerSecond: 12,
  cases: 300,
  rounds: 1,
  casesPerSecond: 60,
  honestPerSecond: 20,
  calmMs: 2_000,
  abuseMs: 24_000,
  memoryMiB: 512,
  headersCutMs: 25_000,
  bodyCutMs: 75_000,
  // Beside other tests the machine is slow.
  p99Factor: 10,
  p99FloorMs: 5_000,
  // More wrong answers than these say nothing more.
  wrongAnswers: 20,
}

/** Enough for a mistake that a single request shows. */
const FEW = {
  ...QUICK,
  open: 10,
  slow: 5,
  stalled: 0,
  calmMs: 200,
  abuseMs: 1_000,
  casesPerSecond: 200,
  wrongAnswers: 1,
}

const JSON_BODY = 'apps/api/dist/guards/json-body.js'
const READ_BODY = 'apps/api/dist/guards/read-body.js'
const BODY_BUDGET = 'apps/api/dist/guards/body-budget.js'

/** Shows that whatever comes over HTTP stays a matter between the API and whoever sent it. */
export const row = {
  name: 'http-abuse',
  title: 'Abuse over HTTP: thousands of idle and slow clients, wrong requests of every kind, and ids of another tenant',
  promises: ['P3', 'P7'],
  folders: ['http-abuse', 'storm'],
  loads: {
    full: {
      ...QUICK,
      open: 10_000,
      slow: 5_000,
      cases: 5_100,
      rounds: 3,
      casesPerSecond: 30,
      honestPerSecond: 50,
      calmMs: 30_000,
      abuseMs: 90_000,
      stalledPerSecond: 6,
      p99Factor: 2,
      p99FloorMs: 0,
    },
    quick: QUICK,
  },
  prove: prove(),
  mistakes: [
    mistake('a task that is looked up without its tenant', () => [
      {
        file: 'packages/store/dist/sqlite/tasks.js',
        replace: `.where(and(eq(tasks.tenant, p('tenant')), eq(tasks.id, p('id'))))`,
        by: `.where(eq(tasks.id, p('id')))`,
      },
    ]),
    mistake('a task that is cancelled without its tenant', () => [
      {
        file: 'packages/store/dist/sqlite/tasks.js',
        replace: `sql \`select seq, state from tasks where tenant = \${p('tenant')} and id = \${p('id')}\``,
        by: `sql \`select seq, state from tasks where id = \${p('id')}\``,
      },
    ]),
    mistake('a body in chunks that is read to its end, however long it is', () => [
      {
        file: READ_BODY,
        replace: 'if (size > MAX_BODY_BYTES)',
        by: 'if (false)',
      },
    ]),
    mistake('JSON that cannot be read, taken for an error of the server', () => [
      {
        file: JSON_BODY,
        replace: `throw new RequestRefusedError('http.malformed', text === '' ? 'the body is empty' : 'the body is not JSON');`,
        by: `throw new SyntaxError('the body is not JSON');`,
      },
    ]),
    mistake(
      'long bodies that are kept, however many there are',
      () => [{ file: BODY_BUDGET, replace: 'while (this.#keptBytes > this.limitBytes)', by: 'while (false)' }],
      { stalled: 240, stalledPerSecond: 400, abuseMs: 2_000, cases: 30, casesPerSecond: 400 },
    ),
    mistake(
      'slow clients that are waited for',
      () => [
        {
          file: 'apps/api/dist/process/listen.js',
          replace: 'requestTimeout: 60_000,\n    headersTimeout: 15_000,',
          by: 'requestTimeout: 0, headersTimeout: 0,',
        },
      ],
      { abuseMs: 26_500, cases: 30 },
    ),
  ],
}
