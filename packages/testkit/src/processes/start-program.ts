import { spawnNode, type Exit, type NodeProcess, type SpawnNodeOptions } from './spawn-node.js'

/** What a program of Holdfast (API, worker) is started with. */
export interface StartProgramOptions extends SpawnNodeOptions {
  readonly dataDir: string
}

/** The line that a program logs once it works: its start-up summary. */
export interface ReadyLine {
  readonly msg: 'ready'
  readonly pid: number
  /** Of the process, as the store knows it. */
  readonly processId?: string
  /** Where an API listens. */
  readonly url?: string
}

/** The line that a program logs when it can't start, or can't go on. */
export interface FatalLine {
  readonly level: 60
  readonly msg: string
  readonly err: { readonly code?: string; readonly message: string }
}

/** An API or a worker as a process of its own, on a data folder. */
export interface Program extends NodeProcess {
  /** Resolves once it works; rejects with its output when it ends before that. */
  ready(): Promise<ReadyLine>
  /** Resolves when it has ended by itself, with the reason that it gave. */
  refusal(): Promise<{ readonly exit: Exit; readonly fatal: FatalLine | undefined }>
}

/**
 * Starts the built `main.js` of an app: none of the tester's own settings reach it but the SQLite driver that this run
 * is about.
 */
export const startProgram = (script: string, { dataDir, env, ...options }: StartProgramOptions): Program => {
  const child = spawnNode(script, {
    ...options,
    env: {
      HOLDFAST_DATA_DIR: dataDir,
      HOLDFAST_PORT: '0',
      HOLDFAST_LOG_PRETTY: '0',
      ...env,
    },
  })
  return {
    ...child,
    ready: () =>
      child.line(isReady).catch((cause: unknown) => {
        throw new Error(`${script} did not get ready: ${JSON.stringify(child.lines.slice(-3))} ${child.errors()}`, {
          cause,
        })
      }),
    refusal: async () => ({ exit: await child.exited, fatal: child.lines.find(isFatal) }),
  }
}

const isReady = (line: unknown): line is ReadyLine => (line as Partial<ReadyLine>).msg === 'ready'
const isFatal = (line: unknown): line is FatalLine => (line as Partial<FatalLine>).level === 60
