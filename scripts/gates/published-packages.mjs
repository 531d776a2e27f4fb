import { packTarballs } from '../workspace/tarballs.mjs'
import { requireSeen, requireTool } from './gate.mjs'

/** What a tarball may hold; migrations are the store's. */
const SHIPPED = /^(?:package\.json|README\.md|LICENSE|dist\/.+|migrations\/.+)$/

/** Every tarball holds what it should, and resolves for ESM users with its types (publint, attw). */
export const publishedPackages = {
  name: 'published packages (publint, attw)',
  async run(env) {
    const tarballs = await packTarballs(env)
    const problems = (await Promise.all(tarballs.map((tarball) => problemsOf(tarball, env)))).flat()
    if (problems.length > 0) throw new Error(problems.join('\n'))
    return requireSeen('tarballs', tarballs.length, 8)
  },
}

async function problemsOf(tarball, env) {
  const checks = [requireTool(env, 'publint', 'run', '--strict', tarball.file)]
  // A package without exports (the CLI) is a command; there is nothing to import and so no types to get wrong.
  if (tarball.manifest.exports) checks.push(requireTool(env, 'attw', tarball.file, '--profile', 'esm-only'))
  const failed = (await Promise.allSettled(checks)).filter((result) => result.status === 'rejected')
  return [...contentProblems(tarball), ...failed.map((result) => `${tarball.name}: ${result.reason.message}`)]
}

/** A tarball lacks nothing that a reader or a runtime needs, and leaks nothing else. */
export function contentProblems({ name, manifest, contents }) {
  const required = ['package.json', 'README.md', 'LICENSE']
  if (manifest.files.includes('migrations')) required.push('migrations/')
  const missing = required.filter((wanted) => !contents.some((file) => file.startsWith(wanted)))
  const extra = contents.filter((file) => !SHIPPED.test(file))
  return [
    ...missing.map((wanted) => `${name} ships no ${wanted}`),
    ...extra.map((file) => `${name} ships ${file}, which is none of dist, migrations, README.md and LICENSE`),
  ]
}
