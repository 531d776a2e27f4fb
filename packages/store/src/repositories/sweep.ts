import type { RepositoryContext } from './context.js'

export class Sweep {
  constructor(protected readonly context: RepositoryContext) {}
}
