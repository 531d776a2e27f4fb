import { keepRunning } from './keep-running.mjs'
import { tryPort } from './port.mjs'
import { untilReady } from './ready.mjs'

/**
 * Runs the API and then the worker, until told to stop.
 *
 * The API comes first and is awaited until it is ready, because it creates and migrates the database. Either one is
 * restarted when it crashes. When this resolves, no process that it started is left.
 *
 * @param {object} options
 * @param {(port: number) => import('./child.mjs').Service[]} options.services API and worker, given the API's port.
 * @param {{ host: string, port: number }} options.address Where the API is to listen; port 0 picks a free one.
 * @param {AbortSignal} options.stop
 * @param {(state: { port: number, workerPid: number }) => void} options.onUp
 * @param {(line: string) => void} options.say
 * @param {NodeJS.WritableStream} options.output
 * @param {number} [options.graceMs]
 * @returns {Promise<number>} The exit code: 0 when told to stop, 1 when it had to give up.
 */
export async function supervise({ services, address, stop, onUp, say, output, graceMs }) {
  const found = await tryPort(address)
  if (!found.port) {
    say(cannotListen(address, found.code))
    return 1
  }
  const halt = new AbortController()
  const context = { signal: AbortSignal.any([stop, halt.signal]), say, output, graceMs }
  const [api, worker] = services(found.port)
  const running = []
  const problem = await untilProblem()
  halt.abort()
  await Promise.all(running)
  if (problem) say(problem)
  return problem ? 1 : 0

  /** Starts both; resolves with why to give up, or with nothing when told to stop. */
  async function untilProblem() {
    let isReady = false
    running.push(keepRunning(api, { ...context, mayRestart: () => isReady }))
    const url = `http://${reachable(address.host)}:${found.port}/ready`
    const answer = await Promise.race([untilReady(url, context), running[0]])
    if (stop.aborted) return undefined
    if (answer !== true) return answer || `the API did not become ready: no good answer from ${url}`
    isReady = true

    let workerPid
    const onStart = ({ pid }) => {
      if (workerPid) say(`worker runs again, pid ${pid}`)
      workerPid = pid
    }
    running.push(keepRunning(worker, { ...context, onStart }))
    onUp({ port: found.port, workerPid })
    return Promise.race(running)
  }
}

function cannotListen({ host, port }, code) {
  const what = code === 'EADDRINUSE' ? 'the port is taken' : 'the address cannot be used'
  return `Cannot listen on ${host}:${port}: ${what} (${code}). Stop what uses it, or choose another: HOLDFAST_PORT=8788 npm start`
}

// An address that means "every interface" can be listened on but not asked.
function reachable(host) {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
