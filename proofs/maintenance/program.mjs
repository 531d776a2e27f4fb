// One part of one scenario: `node program.mjs prepare|run|know <scenario> <folder> [seed]`. What it knows goes to its
// standard output.
import { randomFrom } from '../support/random.mjs'
import { SCENARIOS } from './scenarios.mjs'

const [part = '', name = '', folder = '', seed = '0'] = process.argv.slice(2)
const scenario = SCENARIOS[name]
if (part === 'prepare') await scenario.prepare(folder, randomFrom(Number(seed)))
else if (part === 'run') await scenario.run(folder)
else process.stdout.write(JSON.stringify(scenario.know(folder)))
