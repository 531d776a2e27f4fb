import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CALLED_FROM, ROOT } from './workspace/root.mjs'

/** `npm run holdfast -- …`: the CLI of this checkout, run in the folder where the command was typed. */
const cli = join(ROOT, 'apps/cli/dist/main.js')
if (!existsSync(cli)) {
  console.error('The CLI is not built yet. Run `npm start` (builds and runs everything) or `npm run build` first.')
  process.exit(1)
}
const child = spawn(process.execPath, [cli, ...process.argv.slice(2)], { cwd: CALLED_FROM, stdio: 'inherit' })
// ctrl-C reaches the child from the terminal as well; it decides how to end, and this process repeats its answer.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
