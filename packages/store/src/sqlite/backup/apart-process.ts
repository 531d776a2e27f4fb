import { refusalOf } from '../../errors.js'
import { toStoreError } from '../database-errors.js'
import type { Answer, Jobs } from './apart.js'
import { makeBackup } from './make-backup.js'
import { restoreCopy } from './restore-copy.js'
import { verifyCopy } from './verify-copy.js'

/** The process that `apart.ts` starts: one question, one answer, and its end. */

const WORK: { readonly [Kind in keyof Jobs]: (job: Jobs[Kind][0]) => Jobs[Kind][1] } = {
  backup: makeBackup,
  verify: verifyCopy,
  restore: restoreCopy,
}

const answerTo = <Kind extends keyof Jobs>({
  kind,
  job,
}: {
  readonly kind: Kind
  readonly job: Jobs[Kind][0]
}): Answer => {
  try {
    return { report: WORK[kind](job) }
  } catch (error) {
    return { refusal: refusalOf(toStoreError(error)) }
  }
}

process.once('message', (question: Parameters<typeof answerTo>[0]) => {
  process.send?.(answerTo(question), () => process.disconnect())
})
