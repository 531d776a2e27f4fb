import type { RepositoryContext } from './context.js'

export class WorkItems {
  constructor(protected readonly context: RepositoryContext) {}
}
