import type { RepositoryContext } from './context.js'

export class Processes {
  constructor(protected readonly context: RepositoryContext) {}
}
