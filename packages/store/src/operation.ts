import type { Wire } from './wire.js'

declare const shape: unique symbol

/**
 * The name and the types of one promise. It holds no SQL: each engine binds it to statements of its own.
 *
 * A `write` runs in the writer's group commit and is acknowledged after COMMIT. A `read` runs outside of it, on a
 * connection that cannot write. Time and ids are arguments of both, so that either can run again.
 */
export interface Operation<Args, Result> {
  readonly name: string
  readonly kind: 'write' | 'read'
  /** Phantom: makes `Args` and `Result` part of the type. */
  readonly [shape]?: (args: Args) => Result
}

type Checked<Args, Result> = [Args] extends [Wire<Args>]
  ? [Result] extends [Wire<Result>]
    ? Operation<Args, Result>
    : 'Result is not serialisable'
  : 'Args are not serialisable'

/** Declares a write. `name` is public (`leases.complete`): it appears in metrics, traces and errors. */
export const operation = <Args, Result>(name: `${string}.${string}`): Checked<Args, Result> =>
  // The phantom member never exists at run time, and a name that fails the check can't be used as an Operation.
  ({ name, kind: 'write' }) as Checked<Args, Result>

/** Declares a read. */
export const query = <Args, Result>(name: `${string}.${string}`): Checked<Args, Result> =>
  ({ name, kind: 'read' }) as Checked<Args, Result>

/** Facts beside a refusal, for programs: numbers and text only. */
export type RefusalDetails = Readonly<Record<string, string | number | boolean | null>>

/** An expected "no", as plain data. It becomes the typed error of its code on the caller's side. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly details: RefusalDetails
}

/** The answer of an operation. */
export type Verdict<Result> =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly refusal: Refusal }

export const granted = <Result>(value: Result): Verdict<Result> => ({ ok: true, value })

export const refused = (code: string, message: string, details: RefusalDetails = {}): Verdict<never> => ({
  ok: false,
  refusal: { code, message, details },
})

/**
 * How everything above the engines reaches the database: it submits operations, and never holds a connection.
 *
 * `submit` resolves after COMMIT and throws the typed error of a refusal. `submitAll` sends many of one kind
 * together and answers with one verdict each, in order: one refusal says nothing about its neighbours.
 */
export interface Submits {
  submit<Args, Result>(op: Operation<Args, Result>, args: NoInfer<Args>): Promise<Result>
  submitAll<Args, Result>(
    op: Operation<Args, Result>,
    batch: readonly NoInfer<Args>[],
  ): Promise<readonly Verdict<Result>[]>
}
