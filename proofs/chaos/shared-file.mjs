import { join } from 'node:path'
import { openStore } from '@holdfast/store/sqlite'
import { spawnNode } from '@holdfast/testkit'

const PROGRAM = join(import.meta.dirname, 'process.mjs')

/** A process that obeys; see process.mjs. */
class Obedient {
  #next = 0

  constructor(path, nodeArgs) {
    this.child = spawnNode(PROGRAM, { args: [path], nodeArgs })
  }

  ready() {
    return this.child.line((line) => line.ready)
  }

  /** @returns what the command came to. @throws where it was refused. */
  async ask(command, args = {}) {
    this.#next += 1
    const id = this.#next
    this.child.say(JSON.stringify({ id, command, ...args }))
    const { value, refused, message } = await this.child.line((line) => line.id === id)
    if (refused !== undefined) throw Object.assign(new Error(`${command}: ${message}`), { code: refused })
    return value
  }

  /** Tells it something that it never ends. */
  tell(command, args) {
    this.child.say(JSON.stringify({ command, ...args }))
  }

  kill() {
    return this.child.kill()
  }
}

/** The one file of all targets, the processes on it, and a store to prepare and to look with. */
export class SharedFile {
  #processes = []

  static async make({ folder, nodeArgs = [] }) {
    const path = join(folder, 'chaos.db')
    const file = new SharedFile(path, nodeArgs)
    // The first process makes the file: with a product that is wrong on purpose, it makes it wrong.
    const first = await file.start()
    file.store = await openStore({ path, create: false })
    await file.end(first)
    return file
  }

  constructor(path, nodeArgs) {
    this.path = path
    this.nodeArgs = nodeArgs
  }

  async start() {
    const process = new Obedient(this.path, this.nodeArgs)
    this.#processes.push(process)
    await process.ready()
    return process
  }

  startMany(count) {
    return Promise.all(Array.from({ length: count }, () => this.start()))
  }

  async end(process) {
    process.tell('leave')
    await process.child.exited
  }

  /** Items of a queue of their own. @returns their ids. */
  async enqueue(queue, count = 1) {
    const submitted = await Promise.all(
      Array.from({ length: count }, () =>
        this.store.tasks.submit({ type: queue, queue, input: null, maxAttempts: 10 }),
      ),
    )
    return submitted.map(({ taskId }) => taskId)
  }

  async close() {
    await Promise.all(this.#processes.map((process) => process.kill()))
    await this.store.close()
  }
}
