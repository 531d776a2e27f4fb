import { installWhenStale } from './install.mjs'
import { bringPnpm, toolEnvironment } from './pnpm.mjs'

/**
 * Makes a checkout, fresh or not, ready for any tool: pnpm is there and the dependencies are installed.
 *
 * @returns {Promise<NodeJS.ProcessEnv>} The environment to run tools in.
 */
export async function prepareWorkspace() {
  requireNode(process.versions.node)
  const env = toolEnvironment(await bringPnpm())
  const startedAt = performance.now()
  if (await installWhenStale(env)) {
    console.log(`Installed the dependencies in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  }
  return env
}

/** Older versions fail later with a message about something else, so they are refused here by name. */
export function requireNode(version) {
  const [major, minor] = version.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new Error(`Holdfast needs Node 20.19 or newer; this is Node ${version}`)
}
