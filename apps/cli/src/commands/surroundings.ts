/** What a command that looks at files itself is started in. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** Aborts when the person has had enough. */
  readonly signal: AbortSignal
}
