import { runCommand } from './workspace/command.mjs'
import { prepareWorkspace } from './workspace/prepare.mjs'

/** What `npm run <name>` does, once pnpm and the dependencies are there. Arguments after `--` are appended. */
const COMMANDS = {
  build: [['turbo', 'run', 'build']],
  typecheck: [
    ['turbo', 'run', 'build'],
    ['tsc', '-p', 'tsconfig.json'],
  ],
  lint: [
    ['biome', 'check'],
    ['oxlint', '--type-aware'],
  ],
  format: [['biome', 'check', '--write']],
  unit: [
    ['turbo', 'run', 'build'],
    ['vitest', 'run'],
  ],
  'db:generate': [
    ['turbo', 'run', 'build', '--filter=@holdfast/schema'],
    ['node', 'packages/schema/scripts/migrations.mjs'],
  ],
  bench: [
    ['turbo', 'run', 'build'],
    ['node', 'scripts/bench.mjs'],
  ],
  'bench:peers': [
    ['turbo', 'run', 'build'],
    ['node', 'bench/peers/run.mjs'],
  ],
  proofs: [
    ['turbo', 'run', 'build'],
    ['node', 'proofs/run.mjs'],
  ],
  changeset: [['changeset']],
}

const [name, ...args] = process.argv.slice(2)
const steps = COMMANDS[name]
if (!steps) {
  console.error(`Unknown command ${name}. Known: ${Object.keys(COMMANDS).join(', ')}`)
  process.exit(2)
}
const env = await prepareWorkspace()
for (const [index, [file, ...rest]] of steps.entries()) {
  const { code } = await runCommand(file, index === steps.length - 1 ? [...rest, ...args] : rest, { env })
  if (code !== 0) process.exit(code)
}
