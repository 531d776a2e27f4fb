import { createRequire } from 'node:module'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runCommand } from '@holdfast/scripts/workspace/command'

const require = createRequire(import.meta.url)

/** The compilers of users, by the alias under which this package depends on them. */
export const COMPILERS = ['typescript-5.9', 'typescript-6.0', 'typescript-7.0']

/** Strict in every way that a user's project may be. */
const OPTIONS = {
  target: 'es2022',
  lib: ['es2023'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  noEmit: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  types: ['node'],
}

/** Writes a program into the project that imports every entry point, which loads every published declaration. */
export async function writeTypeCheck(folder, entries) {
  const lines = entries.map((entry, index) => `export * as entry${index} from '${entry}'`)
  await writeFile(join(folder, 'types.ts'), `${lines.join('\n')}\n`)
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: OPTIONS, files: ['types.ts'] }))
}

/**
 * Compiles it without skipLibCheck.
 *
 * @returns {Promise<{ seen: number, problems: string[] }>} How many of our declarations were read, and what is wrong in
 *   them or in the program. Errors inside other packages' declarations are theirs, and left out.
 */
export async function checkTypes(folder, compiler) {
  const tsc = join(dirname(require.resolve(`${compiler}/package.json`)), 'bin/tsc')
  const args = [tsc, '-p', 'tsconfig.json', '--pretty', 'false', '--listFiles']
  const { output } = await runCommand(process.execPath, args, { cwd: folder, quiet: true })
  const lines = output.split('\n')
  const isOurs = (line) => line.includes('@holdfast') || line.startsWith('types.ts')
  return {
    seen: lines.filter((line) => line.endsWith('.d.ts') && isOurs(line)).length,
    problems: lines.filter((line) => / error TS\d+:/.test(line) && (isOurs(line) || !line.includes('node_modules'))),
  }
}
