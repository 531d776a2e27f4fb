import { runSupervisor } from './supervisor/main.mjs'

/** Runs what is already built: the container's command. `npm start` installs and builds first, then does the same. */
try {
  process.exitCode = await runSupervisor()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
