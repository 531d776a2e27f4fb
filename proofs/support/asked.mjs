import { fork } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'

/**
 * Starts a program that says it is ready by a message, and answers each question (`{ ask }`) by one more.
 *
 * @param {string} script Its path.
 * @param {readonly string[]} args
 * @param {{ nodeArgs?: readonly string[] }} [options]
 */
export const startAsked = async (script, args, { nodeArgs = [] } = {}) => {
  const child = fork(script, args, { execArgv: [...nodeArgs] })
  const gone = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${basename(script)} ended early: ${signal ?? `exit code ${code}`}`)
  })
  gone.catch(() => {}) // whoever waits for an answer is told
  const answer = () => Promise.race([once(child, 'message').then(([message]) => message), gone])
  await answer()
  return {
    ask: (question) => {
      const answered = answer()
      child.send({ ask: question })
      return answered
    },
    signal: (name) => void child.kill(name),
    end: async () => {
      child.kill('SIGKILL')
      await gone.catch(() => {})
    },
  }
}
