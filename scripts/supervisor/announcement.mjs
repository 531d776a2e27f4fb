import { join, relative } from 'node:path'
import { DEFAULT_DATA_DIR, DEFAULT_PORT } from './settings.mjs'

/** What to type next, once both processes run. Every line can be copied as it is, but for the task's id. */
export function announcement({ host, port, cwd, dataDir, workerPid }) {
  const isUsualFolder = dataDir === join(cwd, DEFAULT_DATA_DIR)
  // The command line finds the API by its port, and the token in the data folder.
  const settings = [
    port === DEFAULT_PORT ? '' : `HOLDFAST_PORT=${port} `,
    isUsualFolder ? '' : `HOLDFAST_DATA_DIR='${dataDir}' `,
  ].join('')
  const command = `${settings}npm run holdfast --`
  return [
    '',
    `Holdfast is up: http://${host}:${port}, data in ${isUsualFolder ? relative(cwd, dataDir) : dataDir}`,
    '',
    'In another terminal, read every Markdown file below a folder into a searchable store:',
    `  ${command} submit ingest --input '{"folder":"./node_modules"}'`,
    `  ${command} watch <task id>`,
    `  ${command} search 'typed array'`,
    '',
    'Kill the worker in the middle of it. It is started again, and nothing is lost or done twice:',
    `  kill -9 ${workerPid}`,
    '',
    'ctrl-C stops both processes.',
    '',
  ].join('\n')
}
