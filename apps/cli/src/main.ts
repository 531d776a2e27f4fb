#!/usr/bin/env node
import { createRequire } from 'node:module'
import { StoreError } from '@holdfast/store'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { ApiClient } from './api-client.js'
import type { BackupCommand } from './commands/backup.js'
import { cancel } from './commands/cancel.js'
import type { RestoreCommand } from './commands/restore.js'
import type { RetentionCommand } from './commands/retention.js'
import { search, type SearchOptions } from './commands/search.js'
import { show, type ShowOptions } from './commands/show.js'
import { submit, type SubmitOptions } from './commands/submit.js'
import type { Surroundings } from './commands/surroundings.js'
import { tasks, type TasksOptions } from './commands/tasks.js'
import type { VerifyCommand } from './commands/verify.js'
import { watch } from './commands/watch.js'
import { findEndpoint } from './endpoint.js'
import { CliError, EXIT } from './failure.js'
import { printable, processTerminal } from './terminal.js'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
const terminal = processTerminal(process.stdout)
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())
// A reader such as `head` that has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed),
)

const connect = async (): Promise<ApiClient> =>
  new ApiClient(await findEndpoint(process.env, process.cwd()), interrupted.signal)

const wholeNumber = (text: string): number => {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError('not a whole number')
  return Number(text)
}

const wholeNumberAbove0 = (text: string): number => {
  const number = wholeNumber(text)
  if (number < 1) throw new InvalidArgumentError('less than 1')
  return number
}

const surroundings = (): Surroundings => ({ env: process.env, cwd: process.cwd(), signal: interrupted.signal })

const program = new Command('holdfast')
  .description('Durable work: submit it, watch it, find what it left.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(holdfast --help lists the commands)')

program
  .command('submit')
  .description('submit a task and print its id')
  .argument('<type>', 'the task definition to run')
  .option('-i, --input <json>', 'its input: JSON, @file, or - for standard input')
  .option('--id <id>', 'an id of your own: the same id is the same task')
  .option('--key <key>', 'an idempotency key: the same key and input is the same task')
  .option('--priority <n>', 'larger first', wholeNumber)
  .option('--delay-ms <n>', 'not before so many milliseconds from now', wholeNumber)
  .option('-w, --watch', 'go on and watch it')
  .action(async (type: string, options: SubmitOptions & { watch?: boolean }) => {
    const api = await connect()
    const id = await submit(api, terminal, type, options)
    if (options.watch) process.exitCode = await watch(api, terminal, id, interrupted.signal)
  })

program
  .command('watch')
  .description('show a task until it ends; exit code 0 when it completed')
  .argument('<id>')
  .action(async (id: string) => {
    process.exitCode = await watch(await connect(), terminal, id, interrupted.signal)
  })

program
  .command('tasks')
  .description('list tasks, newest first')
  .option('--state <state>', 'active, completed, failed or cancelled')
  .option('--type <type>')
  .option('--limit <n>', 'how many', wholeNumber)
  .action(async (options: TasksOptions) => tasks(await connect(), terminal, options))

program
  .command('show')
  .description('show a task and its items')
  .argument('<id>')
  .option('--state <state>', 'only items in this state, such as failed')
  .option('--limit <n>', 'how many items', wholeNumber)
  .option('--json', 'as JSON')
  .action(async (id: string, options: ShowOptions) => show(await connect(), terminal, id, options))

program
  .command('cancel')
  .description('cancel a task')
  .argument('<id>')
  .action(async (id: string) => cancel(await connect(), terminal, id))

program
  .command('search')
  .description('find sections that hold all the words')
  .argument('<words...>')
  .option('--namespace <name>')
  .option('--limit <n>', 'how many, 1 to 100', wholeNumber)
  .action(async (words: readonly string[], options: SearchOptions) => search(await connect(), terminal, words, options))

program
  .command('doctor')
  .description('look at the database file; exit code 0 no problem, 1 problems, 2 it could not be looked at')
  .option('--json', 'as JSON')
  .option('--full', 'check every page, index and row, not just the quick way')
  .action(async (options: { json?: boolean; full?: boolean }) => {
    // Loads the engine and the database library, which no other command needs.
    const { doctor } = await import('./commands/doctor.js')
    process.exitCode = await doctor(terminal, process.env, process.cwd(), options)
  })

program
  .command('backup')
  .description('copy the database, in use or not, into one proved file')
  .argument('<to>', 'the new file; its folder is there already')
  .option('--within <folder>', 'refuse a target outside of this folder')
  .option('--json', 'as JSON')
  .action(async (to: string, options: BackupCommand) => {
    const { makeBackup } = await import('./commands/backup.js')
    process.exitCode = await makeBackup(terminal, to, options, surroundings())
  })

program
  .command('verify')
  .description('restore a backup into a temporary place and prove it; exit code 0 when it is sound')
  .argument('<file>')
  .option('--temp <folder>', 'the temporary place, with room for it')
  .option('--within <folder>', 'refuse a file outside of this folder')
  .option('--json', 'as JSON')
  .action(async (file: string, options: VerifyCommand) => {
    const { verify } = await import('./commands/verify.js')
    process.exitCode = await verify(terminal, file, options, surroundings())
  })

program
  .command('restore')
  .description('put a backup in the place of a database that nobody uses; the old one is kept')
  .argument('<file>')
  .requiredOption('--to <path>', 'the database')
  .option('--within <folder>', 'refuse paths outside of this folder')
  .option('--json', 'as JSON')
  .action(async (file: string, options: RestoreCommand) => {
    const { restoreBackup } = await import('./commands/restore.js')
    process.exitCode = await restoreBackup(terminal, file, options, surroundings())
  })

program
  .command('retention')
  .description('delete what ended long ago, as workers do by themselves')
  .option('--dry-run', 'only count it')
  .option('--tasks-days <n>', 'days that an ended task is kept: 30', wholeNumberAbove0)
  .option('--processes-days <n>', 'days that an ended process is kept: 7', wholeNumberAbove0)
  .option('--keep-checkpoints <n>', 'progress checkpoints kept per item: 100', wholeNumberAbove0)
  .option('--json', 'as JSON')
  .action(async (options: RetentionCommand) => {
    const { retention } = await import('./commands/retention.js')
    process.exitCode = await retention(terminal, options, surroundings())
  })

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

function exitCodeOf(error: unknown): number {
  if (interrupted.signal.aborted) return EXIT.interrupted
  // commander has printed its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof CliError || error instanceof StoreError) {
    process.stderr.write(`holdfast: ${error.code}: ${printable(error.message)}\n`)
    return error instanceof CliError ? error.exitCode : EXIT.failed
  }
  throw error
}
