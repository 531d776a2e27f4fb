import { execFileSync } from 'node:child_process'
import { ROOT, productFolders } from './sources.mjs'

const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

/** The commit that is checked out, and whether the product's or the proofs' files differ from it; null without git. */
export const commitHere = () => {
  try {
    const changed = git(
      'status',
      '--porcelain',
      '--',
      ...productFolders(),
      'proofs',
      ':!proofs/results',
      ':!proofs/report.md',
    )
    return { commit: git('rev-parse', 'HEAD').trim(), changed: changed !== '' }
  } catch {
    return { commit: null, changed: false }
  }
}
