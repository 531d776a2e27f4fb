import { join } from 'node:path'
import { CALLED_FROM, ROOT } from '../workspace/root.mjs'
import { announcement } from './announcement.mjs'
import { NODE_FLAGS } from './node-flags.mjs'
import { supervisorSettings } from './settings.mjs'
import { stopSignal } from './stop-signal.mjs'
import { supervise } from './supervise.mjs'

/** Runs the built API and worker of this checkout until stopped. Resolves with the exit code. */
export async function runSupervisor(env = process.env) {
  const settings = supervisorSettings(env, {
    cwd: CALLED_FROM,
    root: ROOT,
    isTerminal: process.stdout.isTTY === true,
  })
  // A closed terminal makes writing fail; that must not end this process before it has stopped the other two.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const stop = stopSignal()
  stop.addEventListener('abort', () => console.log(`\nStopping (${stop.reason}) …`))
  return supervise({
    services: (port) => ['api', 'worker'].map((name) => service(name, settings, port)),
    address: settings,
    stop,
    onUp: (state) => console.log(announcement({ ...settings, ...state })),
    say: (line) => console.error(`holdfast | ${line}`),
    output: process.stdout,
  })
}

function service(name, { cwd, childEnv }, port) {
  return {
    name,
    args: [...NODE_FLAGS, join(ROOT, 'apps', name, 'dist/main.js')],
    cwd,
    env: { ...childEnv, HOLDFAST_PORT: String(port) },
  }
}
