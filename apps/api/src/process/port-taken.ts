import { exitCodeOf } from '@holdfast/engine/app'

/** EADDRINUSE on Linux: starting again without a change would end the same way. */
export const EXIT_PORT_TAKEN = 98

/** Something else listens where this server was to listen. */
export class PortTakenError extends Error {
  constructor(host: string, port: number) {
    super(`port ${port} of ${host} is taken; stop what uses it, or choose another one by HOLDFAST_PORT`)
    this.name = 'PortTakenError'
  }
}

/** The exit code that tells a supervisor what kind of failure this is. */
export const apiExitCodeOf = (error: unknown): number =>
  error instanceof PortTakenError ? EXIT_PORT_TAKEN : exitCodeOf(error)
