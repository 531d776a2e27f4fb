import type { RepositoryContext } from './context.js'

export class Events {
  constructor(protected readonly context: RepositoryContext) {}
}
