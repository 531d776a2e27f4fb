import { relative } from 'node:path'
import { DEFAULT_PORT } from './settings.mjs'

/** What to type next, once both processes run. Every line can be copied as it is, but for the task's id. */
export function announcement({ host, port, cwd, dataDir, workerPid }) {
  const command = `${port === DEFAULT_PORT ? '' : `HOLDFAST_PORT=${port} `}npm run holdfast --`
  return [
    '',
    `Holdfast is up: http://${host}:${port}, data in ${relative(cwd, dataDir) || '.'}`,
    '',
    'In another terminal, read every Markdown file below a folder into a searchable store:',
    `  ${command} submit ingest --input '{"folder":"./node_modules"}'`,
    `  ${command} watch <task id>`,
    `  ${command} search 'durable'`,
    '',
    'Kill the worker in the middle of it. It is started again, and nothing is lost or done twice:',
    `  kill -9 ${workerPid}`,
    '',
    'ctrl-C stops both processes.',
    '',
  ].join('\n')
}
