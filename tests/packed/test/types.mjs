import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
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
 * Checks that program and our declarations without skipLibCheck. Errors in other packages' declarations are theirs.
 *
 * @returns {Promise<{ seen: number, problems: string[] }>} How many of our declarations were read, and what is wrong.
 */
export async function checkTypes(folder, compiler) {
  const manifest = require.resolve(`${compiler}/package.json`)
  const check = require(manifest).version.startsWith('7.') ? checkByCommand : checkByProgram
  return check(folder, dirname(manifest))
}

// TypeScript 7 is a native command without the compiler's API; it is fast enough to check the others' declarations too.
async function checkByCommand(folder, compiler) {
  const args = [join(compiler, 'bin/tsc'), '-p', 'tsconfig.json', '--pretty', 'false', '--listFiles']
  const { output } = await runCommand(process.execPath, args, { cwd: folder, quiet: true })
  const lines = output.split('\n')
  const isOurs = (line) => line.includes('@holdfast') || line.startsWith('types.ts')
  return {
    seen: lines.filter((line) => line.endsWith('.d.ts') && isOurs(line)).length,
    problems: lines.filter((line) => / error TS\d+:/.test(line) && (isOurs(line) || !line.includes('node_modules'))),
  }
}

// The older ones take half a minute for all of drizzle's declarations, so they are asked about our files alone.
async function checkByProgram(folder, compiler) {
  const script = fileURLToPath(new URL('check-our-types.cjs', import.meta.url))
  const { code, output } = await runCommand(process.execPath, [script, compiler], { cwd: folder, quiet: true })
  return code === 0 ? JSON.parse(output) : { seen: 0, problems: [output] }
}
