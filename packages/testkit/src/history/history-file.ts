import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Answer, Call, RecordedOperation } from './operation.js'

/** The first line of a history: whose it is. */
export interface HistoryHeader {
  readonly process: string
  readonly pid: number
}

export interface InvokedLine {
  readonly op: number
  /** Monotonic nanoseconds. */
  readonly at: number
  readonly call: Call
}

export interface AnsweredLine {
  readonly op: number
  readonly at: number
  readonly answer: Answer
}

type Line = HistoryHeader | InvokedLine | AnsweredLine

/**
 * Reads the histories that several processes of one host have written, and merges them in order of invocation.
 *
 * A last line that a kill has cut short is left out; a broken line anywhere else is an error.
 *
 * @throws {Error} a file is no history, or two are of one process.
 */
export const readHistory = async (files: readonly string[]): Promise<readonly RecordedOperation[]> => {
  const histories = await Promise.all(files.map(readOne))
  const names = histories.map(({ process }) => process)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new Error(`two histories are of process ${twice}: give each process a name of its own`)
  return histories.flatMap(({ operations }) => operations).sort((a, b) => a.invokedAtNs - b.invokedAtNs)
}

const readOne = async (file: string) => {
  let process: string | undefined
  const open = new Map<number, InvokedLine>()
  const operations: RecordedOperation[] = []
  let broken: string | undefined
  const push = ({ call, at }: InvokedLine, answer: Answer, answeredAtNs: number): void => {
    const isOver = answer.as !== 'unknown'
    const operation = { process: process ?? file, call, answer, invokedAtNs: at }
    operations.push({ ...operation, answeredAtNs: isOver ? answeredAtNs : Infinity })
  }
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (text === '') continue
    if (broken !== undefined) throw new Error(`${file} holds a line that is no JSON: ${broken.slice(0, 80)}`)
    const line = parse(text)
    if (line === undefined) {
      broken = text
    } else if ('process' in line) {
      process = line.process
    } else if ('call' in line) {
      open.set(line.op, line)
    } else {
      const asked = open.get(line.op)
      if (!asked) throw new Error(`${file} answers operation ${line.op}, which it never asked`)
      open.delete(line.op)
      push(asked, line.answer, line.at)
    }
  }
  for (const asked of open.values()) push(asked, { as: 'unknown' }, Infinity)
  if (process === undefined && operations.length > 0) throw new Error(`${file} does not begin as a history does`)
  return { process: process ?? file, operations }
}

const parse = (text: string): Line | undefined => {
  try {
    return JSON.parse(text) as Line
  } catch {
    return undefined
  }
}
