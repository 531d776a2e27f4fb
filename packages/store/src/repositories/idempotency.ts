import type { RepositoryContext } from './context.js'

export class IdempotencyKeys {
  constructor(protected readonly context: RepositoryContext) {}
}
