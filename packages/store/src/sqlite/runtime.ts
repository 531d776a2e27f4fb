import { UnsupportedStoreError } from '../errors.js'

/** What tells one JavaScript runtime from another. */
export interface Runtime {
  readonly versions: Readonly<Record<string, string | undefined>>
  readonly hasDeno: boolean
  readonly hasEdge: boolean
}

const thisRuntime = (): Runtime => ({
  versions: typeof process === 'object' ? process.versions : {},
  hasDeno: 'Deno' in globalThis,
  hasEdge: 'EdgeRuntime' in globalThis,
})

const nameOf = ({ versions, hasDeno, hasEdge }: Runtime): string | undefined => {
  if (versions.bun !== undefined) return 'Bun'
  if (hasDeno) return 'Deno'
  if (hasEdge || versions.node === undefined) return 'an edge runtime'
  return undefined
}

/**
 * Threads, locks and the driver were proven on Node alone; elsewhere the promises are a guess.
 *
 * @throws {UnsupportedStoreError} `store.unsupported`
 */
export const assertSupportedRuntime = (runtime: Runtime = thisRuntime()): void => {
  const name = nameOf(runtime)
  if (name !== undefined) throw new UnsupportedStoreError(`Holdfast runs on Node; this is ${name}`, { runtime: name })
}
