import type { RecordedOperation } from '../../src/history/index.js'

/** The lease register of one item. */
interface Register {
  readonly token: number
  readonly mode: 'free' | 'running' | 'ended'
}

/**
 * Whether some order of the operations, within their intervals, is one that the register could have gone through:
 * Wing and Gong's search, which tries them all. For small histories of one item: what the fast checker is held against.
 *
 * Between any two operations somebody unrecorded may revoke the lease (a sweep, which raises the token) or have ended
 * it as its owner without an answer.
 */
export const isLinearizable = (operations: readonly RecordedOperation[]): boolean => {
  const tried = new Set<string>()
  const search = (left: readonly RecordedOperation[], register: Register): boolean => {
    if (left.length === 0) return true
    const name = `${left.map((each) => operations.indexOf(each)).join()} ${register.token} ${register.mode}`
    if (tried.has(name)) return false
    tried.add(name)
    const firstAnswerNs = Math.min(...left.map(({ answeredAtNs }) => answeredAtNs))
    return left.some((operation) => {
      if (operation.invokedAtNs > firstAnswerNs) return false
      const after = apply(operation, register)
      return (
        after !== undefined &&
        search(
          left.filter((each) => each !== operation),
          after,
        )
      )
    })
  }
  return search(operations, { token: 0, mode: 'free' })
}

const apply = ({ call, answer }: RecordedOperation, { token, mode }: Register): Register | undefined => {
  if (answer.as === 'failed') {
    const seen = answer.token ?? 0
    if (answer.state === 'running') return mode === 'running' && token === seen ? { token, mode } : undefined
    return mode !== 'ended' && seen >= token ? { token: seen, mode: 'free' } : undefined
  }
  const granted = answer.as === 'ok' ? answer.leases?.[0]?.token : undefined
  if (granted !== undefined)
    return mode !== 'ended' && granted > token ? { token: granted, mode: 'running' } : undefined
  if (mode !== 'running' || token !== call.token) return undefined
  if (call.name === 'leases.complete') return { token, mode: 'ended' }
  if (call.name === 'leases.release') return { token: token + 1, mode: 'free' }
  return { token, mode }
}
