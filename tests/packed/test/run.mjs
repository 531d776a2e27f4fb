import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/**
 * Runs `node durable.js <command> …` in a project and collects the facts it prints, one JSON object a line.
 *
 * With `killWhen` as the last argument, the process is killed with SIGKILL at the first fact it answers true to.
 */
export async function run(folder, ...args) {
  const { killWhen } = typeof args.at(-1) === 'object' ? args.pop() : {}
  const child = spawn(process.execPath, ['durable.js', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const facts = []
  for await (const line of createInterface({ input: child.stdout })) {
    const fact = JSON.parse(line)
    facts.push(fact)
    if (killWhen?.(fact)) child.kill('SIGKILL')
  }
  const [code, signal] = await ended
  return { code, signal, facts }
}
