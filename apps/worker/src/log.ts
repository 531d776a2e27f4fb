import { LOG_LEVELS } from '@holdfast/engine'
import { pino, stdTimeFunctions, type Logger } from 'pino'
import pretty from 'pino-pretty'

/** The process's log: lines of JSON, or human-readable text on a terminal (HOLDFAST_LOG_PRETTY=1 or =0 decides). */
export const makeLog = (level: string | undefined, env: NodeJS.ProcessEnv = process.env): Logger => {
  const isPretty = env.HOLDFAST_LOG_PRETTY === undefined ? process.stdout.isTTY : env.HOLDFAST_LOG_PRETTY === '1'
  const options = {
    // A level that doesn't exist is refused with the other settings, and that has to be said somewhere.
    level: LOG_LEVELS.find((known) => known === level) ?? 'info',
    base: { name: 'worker' },
    timestamp: stdTimeFunctions.isoTime,
  }
  return isPretty ? pino(options, pretty({ ignore: 'pid,hostname,name', singleLine: true, sync: true })) : pino(options)
}
