// What a full examination calls a problem, as JSON: node examine-file.mjs <database>. A process of its own, because the
// library keeps a file that it has had open for as long as it likes.
import { examine } from '@holdfast/store/sqlite'

const { findings } = examine({ path: process.argv[2], full: true })
process.stdout.write(JSON.stringify(findings.filter(({ severity }) => severity === 'problem')))
