import type { RepositoryContext } from './context.js'

export class Tasks {
  constructor(protected readonly context: RepositoryContext) {}
}
