import type { RepositoryContext } from './context.js'

export class Checkpoints {
  constructor(protected readonly context: RepositoryContext) {}
}
