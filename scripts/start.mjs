import { runSupervisor } from './supervisor/main.mjs'
import { requireCommand } from './workspace/command.mjs'
import { prepareWorkspace } from './workspace/prepare.mjs'

/** `npm start`: brings what is missing, builds what changed, then runs the API and a worker until ctrl-C. */
try {
  const env = await prepareWorkspace()
  console.log('Building what changed …')
  await requireCommand('turbo', ['run', 'build', '--output-logs=errors-only'], { env, quiet: true })
  process.exitCode = await runSupervisor()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
