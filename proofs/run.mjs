// Behind `npm run proofs`; README.md beside it says what there is. Ctrl-C lets the row save where it is and clean up after
// itself, so that the same command goes on from there; a second one ends it at once.
import { proofs } from './support/command.mjs'

let isStopped = false
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    isStopped = true
  })
}

process.exitCode = await proofs(process.argv.slice(2), { isStopped: () => isStopped })
