// Behind `npm run proofs`; README.md beside it says what there is.
import { proofs } from './support/command.mjs'

process.exitCode = await proofs(process.argv.slice(2))
