import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../scripts/workspace/command.mjs'

const FOLDER = import.meta.dirname
/** Inside node_modules, so that deleting it also forgets that it was filled. */
const STAMP = join(FOLDER, 'node_modules', '.installed')
// Not `npm ci`: it refuses a lockfile that lacks another platform's optional package, and registries differ in those.
// No scripts: what has native code brings it built, so no compiler is needed.
const INSTALL = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']

/**
 * Brings the peers into a folder of their own, once per lockfile.
 *
 * Never fails: what isn't there afterwards is found missing by `whatIsMissing`, peer by peer.
 */
export const installPeers = async (say) => {
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted()) return
  say('Installing the peers into bench/peers/node_modules …')
  const { code, output } = await npmInstall()
  if (code === 0) writeFileSync(STAMP, wanted())
  else say(`npm install: ${firstError(output)}`)
}

const npmInstall = () => {
  const cli = process.env.npm_execpath
  // Whatever started us may have been pnpm: only npm's own program will do.
  return cli?.endsWith('npm-cli.js')
    ? runCommand(process.execPath, [cli, ...INSTALL], { cwd: FOLDER, quiet: true })
    : runCommand('npm', INSTALL, { cwd: FOLDER, quiet: true })
}

const wanted = () =>
  createHash('sha256')
    .update(`${process.platform} ${process.arch}\n`)
    .update(readFileSync(join(FOLDER, 'package-lock.json')))
    .digest('hex')

const firstError = (output) => /(?:npm error|ERR!) (?!code)(.+)/.exec(output)?.[1] ?? output.trim().split('\n').at(-1)
