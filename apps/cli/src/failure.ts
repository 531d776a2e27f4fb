/** Something the person can mend; printed as one line with its code, never as a stack. */
export class CliError extends Error {
  /** True when the same request may succeed a little later. */
  readonly isPassing: boolean
  /** What the command ends with. */
  readonly exitCode: number

  constructor(
    readonly code: string,
    message: string,
    options: { readonly cause?: unknown; readonly isPassing?: boolean; readonly exitCode?: number } = {},
  ) {
    super(message, options)
    this.name = 'CliError'
    this.isPassing = options.isPassing ?? false
    this.exitCode = options.exitCode ?? EXIT.failed
  }
}

/** Exit codes: 0 done, 1 refused or failed, 2 used wrongly, 130 interrupted. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const
