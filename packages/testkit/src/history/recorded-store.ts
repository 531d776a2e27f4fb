import {
  repositories,
  type Operation,
  type RepositoryOptions,
  type Store,
  type Submits,
  type Verdict,
} from '@holdfast/store'
import { describedOperations } from './described-operations.js'
import type { Answer } from './operation.js'
import { answerOfError, answerOfRefusal, type HistoryRecorder } from './recorder.js'

/**
 * The same store, with every call of its repositories in the history: those of a worker that is given it as well.
 *
 * @param options What the store was opened with, where the repositories have to know it: tenant, clock, ids, codec.
 */
export const recordedStore = (store: Store, history: HistoryRecorder, options: RepositoryOptions = {}): Store => {
  const submits = recordedSubmits(store, history)
  const { liveness } = store
  return {
    liveness,
    ...submits,
    submitWithReceipt: (op, args) => noted(history, op, args, () => store.submitWithReceipt(op, args), resultOfReceipt),
    onWork: (listener) => store.onWork(listener),
    onStop: (listener) => store.onStop(listener),
    info: () => store.info(),
    metrics: () => store.metrics(),
    close: () => store.close(),
    ...repositories(submits, { processId: store.info().processId, ...options }),
  }
}

/** The same way to the database, with its operations in the history. */
export const recordedSubmits = (store: Submits, history: HistoryRecorder): Submits => ({
  submit: (op, args) => noted(history, op, args, () => store.submit(op, args), same),
  submitAll: async <Args, Result>(op: Operation<Args, Result>, batch: readonly NoInfer<Args>[]) => {
    const described = describedOperations.get(op.name)
    if (!described) return store.submitAll(op, batch)
    const callsOfEach = batch.map((args) => described.calls(args))
    const answered = history.invoke(callsOfEach.flat())
    try {
      const verdicts = await store.submitAll(op, batch)
      answered(
        batch.flatMap((args, at) => answersOf(verdicts[at], callsOfEach[at]?.length ?? 0, described.answers, args)),
      )
      return verdicts
    } catch (error) {
      answered(callsOfEach.flat().map(() => answerOfError(error)))
      throw error
    }
  },
})

const same = (result: unknown): unknown => result

const resultOfReceipt = (receipted: { readonly value: unknown }): unknown => receipted.value

/** One submission between its two notes. */
const noted = async <Args, Answered>(
  history: HistoryRecorder,
  { name }: { readonly name: string },
  args: Args,
  run: () => Promise<Answered>,
  resultOf: (answered: Answered) => unknown,
): Promise<Answered> => {
  const described = describedOperations.get(name)
  if (!described) return run()
  const calls = described.calls(args)
  const answered = history.invoke(calls)
  try {
    const result = await run()
    answered(described.answers(resultOf(result), args))
    return result
  } catch (error) {
    answered(calls.map(() => answerOfError(error)))
    throw error
  }
}

const answersOf = <Result>(
  verdict: Verdict<Result> | undefined,
  calls: number,
  answers: (result: Result, args: unknown) => readonly Answer[],
  args: unknown,
): readonly Answer[] => {
  if (verdict?.ok) return answers(verdict.value, args)
  const answer: Answer = verdict ? answerOfRefusal(verdict.refusal) : { as: 'unknown' }
  return Array.from({ length: calls }, () => answer)
}
