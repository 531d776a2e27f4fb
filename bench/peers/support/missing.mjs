import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { existsSync, readFileSync } from 'node:fs'
import { redisProgram } from '../servers/redis.mjs'
import { isNewEnough } from './node.mjs'

const require = createRequire(import.meta.url)
const LOAD_CHECK = join(import.meta.dirname, 'load-check.mjs')

/**
 * Why peers can't be measured here, by their names; those that can are not in it.
 *
 * @param {readonly import('../adapters/index.mjs').Peer[]} peers
 * @returns {Promise<Map<string, string>>}
 */
export const whatIsMissing = async (peers, env = process.env) => {
  const reasons = new Map()
  const reasonOf = once(whyUnusable)
  for (const peer of peers) {
    const each = [noServer(peer, env), ...(await Promise.all(peer.packages.map(reasonOf)))]
    const reason = each.find((one) => one !== undefined)
    if (reason !== undefined) reasons.set(peer.name, reason)
  }
  return reasons
}

const noServer = ({ storage }, { PATH, REDIS_URL }) =>
  storage === 'redis' && !redisProgram(PATH) && !REDIS_URL
    ? 'no Redis: there is no redis-server on PATH, and REDIS_URL is not set'
    : undefined

const whyUnusable = async (name) => {
  const engines = manifestOf(name)?.engines?.node
  if (!isNewEnough(engines)) return `${name} asks for Node ${engines}; this is ${process.version}`
  const failure = await whyNotLoaded(name)
  return failure && `${name} does not load: ${failure}`
}

const whyNotLoaded = (name) =>
  new Promise((resolve) => {
    const child = fork(LOAD_CHECK, [name], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    child.on('message', (answer) => resolve(answer === 'loaded' ? undefined : answer))
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => resolve(`it ended its process with ${signal ?? code}`))
  })

const once = (ask) => {
  const known = new Map()
  return (name) => {
    if (!known.has(name)) known.set(name, ask(name))
    return known.get(name)
  }
}

/** `plainjob 0.0.14, better-sqlite3 13.2.0`, of what is installed. */
export const versionsOf = (peer) =>
  peer.packages
    .filter((name) => !name.startsWith('node:'))
    .map((name) => `${name} ${manifestOf(name)?.version ?? '?'}`)
    .join(', ')

/** Read by path: many packages don't export theirs. */
const manifestOf = (name) => {
  const paths = require.resolve.paths(name) ?? []
  const path = paths.map((folder) => join(folder, name, 'package.json')).find((file) => existsSync(file))
  return path && JSON.parse(readFileSync(path, 'utf8'))
}
