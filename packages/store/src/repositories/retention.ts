import type { RepositoryContext } from './context.js'

export class Retention {
  constructor(protected readonly context: RepositoryContext) {}
}
