import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
const mainOf = (name: string): string => join(dirname(require.resolve(`${name}/package.json`)), 'dist/main.js')

/** The built programs, as `npm start` runs them. */
export const PROGRAMS = { api: mainOf('@holdfast/api'), worker: mainOf('@holdfast/worker') } as const
