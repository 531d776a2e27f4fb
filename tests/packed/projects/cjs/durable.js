const { createProcess, createSweeper, createWorker, defineTask, submitTask } = require('@holdfast/engine')
const { openStore, sqlite } = require('@holdfast/store/sqlite')

/** A user's program: `node durable.js submit|work|show <file> [task id]`. It prints one JSON line for each fact. */
const [command, path, taskId] = process.argv.slice(2)
const print = (fact) => console.log(JSON.stringify(fact))

/** Counts, one checkpoint for each number. Its first attempt stops in the middle, for somebody to kill it there. */
const count = defineTask('count', {}, async (ctx, { to, stopAt }) => {
  let { n } = (await ctx.lastCheckpoint())?.snapshot ?? { n: 0 }
  print({ attempt: ctx.attempt, resumedFrom: n })
  while (n < to) {
    n += 1
    await ctx.checkpoint('iteration_end', { n })
    if (ctx.attempt === 1 && n === stopAt) {
      print({ stoppedAt: n, pid: process.pid })
      await new Promise(() => {})
    }
  }
  return { counted: n }
})

async function main() {
  const store = await openStore({ path, modules: [sqlite] })

  const commands = {
    async submit() {
      print(await submitTask(store, count, { to: 6, stopAt: 3 }))
    },
    async work() {
      const registered = createProcess({ store, kind: 'worker', version: '1.0.0' })
      const sweeper = createSweeper({ store, intervalMs: 200 })
      const worker = createWorker({ store, tasks: [count] })
      await registered.start()
      await worker.start()
      sweeper.start()
      while ((await store.tasks.require(taskId)).state === 'active') await new Promise((go) => setTimeout(go, 50))
      await sweeper.stop()
      await worker.stop()
      await registered.stop()
    },
    async show() {
      const task = await store.tasks.require(taskId)
      const item = await store.workItems.require(taskId)
      const { events } = await store.events.read(taskId)
      print({ task, item, events })
    },
  }
  await commands[command]()
  await store.close()
}

void main()
