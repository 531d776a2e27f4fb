import type { RepositoryContext } from './context.js'

export class Leases {
  constructor(protected readonly context: RepositoryContext) {}
}
