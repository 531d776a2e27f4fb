/** Flags of `node` with a value that say how code is found: a thread needs them as much as the program does. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  '--import',
  '--require',
  '-r',
  '--loader',
  '--experimental-loader',
  '--conditions',
  '-C',
])

const WITHOUT_VALUE: ReadonlySet<string> = new Set([
  '--enable-source-maps',
  '--no-warnings',
  '--preserve-symlinks',
  '--experimental-strip-types',
  '--experimental-transform-types',
])

const isInputType = (flag: string): boolean => /^--input-type(=|$)/.test(flag)

/**
 * The `execArgv` of a thread that is started from a file; undefined to inherit all flags, which is right but for one.
 *
 * `--input-type` speaks of a program given as text (`node --input-type=module -e …`, or by a pipe): a thread that inherits
 * it can't start (`ERR_INPUT_TYPE_NOT_ALLOWED`). Then only the flags that find and load code go along, because a list
 * that is given may hold no flag of the whole process (`--max-old-space-size`: `ERR_WORKER_INVALID_EXEC_ARGV`).
 */
export const threadFlags = (execArgv: readonly string[] = process.execArgv): string[] | undefined => {
  return execArgv.some(isInputType) ? codeFlags(execArgv) : undefined
}

/** The flags that find and load code, for what is started from a file: a program given as text (`-e`) is none. */
export const codeFlags = (execArgv: readonly string[] = process.execArgv): string[] =>
  execArgv.flatMap((flag, index) => {
    const [name = ''] = flag.split('=', 1)
    if (WITHOUT_VALUE.has(flag)) return [flag]
    if (!WITH_VALUE.has(name)) return []
    const value = execArgv[index + 1]
    return flag !== name || value === undefined ? [flag] : [flag, value]
  })
