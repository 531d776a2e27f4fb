// Prints the tables of all results that are kept, in the order of the rows: what docs/benchmarks.md quotes.
//   npm run bench -- report
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RESULTS } from './support/row.mjs'
import { ROWS } from './support/rows.mjs'
import { tableOf } from './support/table.mjs'

const files = ROWS.map((name) => join(RESULTS, `${name}.json`)).filter((file) => existsSync(file))
if (files.length === 0) console.error(`there are no results in ${RESULTS}: run npm run bench -- all`)
for (const file of files) console.log(tableOf(JSON.parse(readFileSync(file, 'utf8'))))
