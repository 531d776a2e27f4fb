import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { runCommand } from '../workspace/command.mjs'
import { SCRATCH } from '../workspace/root.mjs'

/** Tested exactly; the store's peer range starts here. */
const BETTER_SQLITE3_VERSION = '12.11.1'

/** What a native library is built for. */
const ABI = `[process.platform, process.arch, 'node' + process.versions.modules].join('-')`

/** Proves that the native library loads on this Node, and says which SQLite it is. */
const PROBE = `
  const Database = require('better-sqlite3')
  console.log(new Database(':memory:').prepare('SELECT sqlite_version() AS v').get().v)`

/**
 * Brings better-sqlite3 for one Node into a folder of its own, outside the workspace, once. Its native library depends on
 * the Node that loads it: npm downloads a ready one, or compiles it where there is none and there is a compiler.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} node The Node that is to load it, of version `nodeVersion`.
 * @returns {Promise<{ env: NodeJS.ProcessEnv, abi: string } | { missing: string }>} What a test run needs to use it, or
 *   why it can't be had here.
 */
export async function bringBetterSqlite3(env, node = process.execPath, nodeVersion = process.versions.node) {
  // The store refuses it there: better-sqlite3.ts says why.
  if (Number.parseInt(nodeVersion, 10) >= 24) return { missing: `better-sqlite3 12 is not for Node ${nodeVersion}` }
  const abi = (await runCommand(node, ['-p', ABI], { quiet: true })).output.trim()
  const folder = join(SCRATCH, `better-sqlite3-${BETTER_SQLITE3_VERSION}-${abi}`)
  const driver = { HOLDFAST_SQLITE_DRIVER: 'better-sqlite3', NODE_PATH: join(folder, 'node_modules') }
  const loads = () => runCommand(node, ['-e', PROBE], { cwd: SCRATCH, env: { ...env, ...driver }, quiet: true })
  const said = (await loads()).code === 0 ? '' : await install(folder, env, node)
  const { code, output: version } = await loads()
  if (code !== 0) return { missing: `better-sqlite3 can't be installed here.\n${lastLines(said || version)}` }
  console.log(`better-sqlite3 ${BETTER_SQLITE3_VERSION}, SQLite ${version.trim()}`)
  return { env: driver, abi }
}

async function install(folder, env, node) {
  console.log(`Bringing better-sqlite3 ${BETTER_SQLITE3_VERSION}; where it must be compiled, that takes a minute …`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n')
  const quietly = ['--no-audit', '--no-fund', '--loglevel=error']
  const args = ['install', '--prefix', folder, ...quietly, `better-sqlite3@${BETTER_SQLITE3_VERSION}`]
  const { output: said } = await runCommand('npm', args, {
    cwd: folder,
    env: installEnvironment(env, node),
    quiet: true,
  })
  return said
}

/** npm and its scripts run on the `node` that comes first on the PATH, and build for it. */
export function installEnvironment(env, node) {
  // A Node that brings its headers needs none from the network.
  const nodedir = dirname(dirname(node))
  const headers = existsSync(join(nodedir, 'include/node/node_api.h')) ? { npm_config_nodedir: nodedir } : {}
  return { ...env, PATH: [dirname(node), env.PATH].join(delimiter), ...headers }
}

const lastLines = (text) => text.trimEnd().split('\n').slice(-15).join('\n')
