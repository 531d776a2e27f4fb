import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Everything that the scripts make for themselves: the pinned pnpm, tarballs, reports. Safe to delete at any time. */
export const SCRATCH = join(ROOT, '.tmp')

/** The folder where the user typed the command; npm runs scripts in the root and keeps the other in INIT_CWD. */
export const CALLED_FROM = process.env.INIT_CWD ?? process.cwd()
