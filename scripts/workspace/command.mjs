import { spawn } from 'node:child_process'
import { ROOT } from './root.mjs'

/**
 * Runs one command to its end.
 *
 * With `quiet` its output is kept instead of shown. Never throws for a failing command: the caller reads `code`.
 *
 * @param {string} file A program on PATH, or a path.
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean }} [options]
 * @returns {Promise<{ code: number, output: string }>} `output` is stdout and stderr as they came; empty unless quiet.
 */
export function runCommand(file, args, { cwd = ROOT, env = process.env, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, env, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' })
    let output = ''
    const keep = (chunk) => {
      output += chunk
    }
    child.stdout?.setEncoding('utf8').on('data', keep)
    child.stderr?.setEncoding('utf8').on('data', keep)
    child.on('error', (error) => resolve({ code: 127, output: `${file}: ${error.message}` }))
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 1 : 0), output }))
  })
}

/** The same, for a command that has to succeed. */
export async function requireCommand(file, args, options) {
  const result = await runCommand(file, args, options)
  if (result.code !== 0) {
    throw new Error(`${file} ${args.join(' ')} ended with code ${result.code}\n${result.output}`.trimEnd())
  }
  return result
}
