import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './workspace/command.mjs'
import { ROOT } from './workspace/root.mjs'

/** `npm run bench -- <name> …`: runs `bench/<name>.mjs` on what was built. Without a name, says which there are. */
const [name, ...args] = process.argv.slice(2)
const folder = join(ROOT, 'bench')
const names = existsSync(folder) ? readdirSync(folder).flatMap((file) => /^(.+)\.mjs$/.exec(file)?.[1] ?? []) : []

if (names.includes(name)) {
  process.exitCode = (await runCommand(process.execPath, [join(folder, `${name}.mjs`), ...args])).code
} else {
  console.error(`npm run bench -- <name>, where <name> is one of: ${names.sort().join(', ')}`)
  process.exitCode = 2
}
