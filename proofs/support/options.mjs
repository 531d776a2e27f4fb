import { parseArgs } from 'node:util'

const MINUTES = 20

export const USAGE = `npm run proofs                          every row that isn't proved on these sources, then the report
npm run proofs -- <row> …               these rows, proved or not
npm run proofs -- <row> --seed 7        with that seed
npm run proofs -- --minutes 5           at most so long a row; the same command goes on later (20 by default)
npm run proofs -- <row> --quick         at the size of the tests, its mistakes included; keeps no result
npm run proofs -- --list                where each row stands
npm run proofs -- --report              writes proofs/report.md and the tables of README.md and docs/proofs.md anew`

/** Asked for something that there is not. */
export class UsageError extends Error {}

/** What the command line asks for. */
export const readOptions = (args) => {
  const { values, positionals } = parsed(args)
  return {
    names: positionals,
    seed: integer(values.seed, 'seed'),
    minutes: positive(values.minutes ?? String(MINUTES), 'minutes'),
    quick: values.quick,
    list: values.list,
    report: values.report,
    help: values.help,
  }
}

const parsed = (args) => {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        seed: { type: 'string' },
        minutes: { type: 'string' },
        quick: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        report: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new UsageError(error.message, { cause: error })
  }
}

const integer = (text, name) => {
  if (text === undefined) return undefined
  if (!/^\d{1,10}$/.test(text)) throw new UsageError(`--${name} is an integer, not ${text}`)
  return Number(text)
}

const positive = (text, name) => {
  const value = Number(text)
  if (!(value > 0)) throw new UsageError(`--${name} is a number above 0, not ${text}`)
  return value
}
