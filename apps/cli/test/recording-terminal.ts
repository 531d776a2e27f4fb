import type { Terminal } from '../src/terminal.js'

/** A terminal that keeps what it was told. */
export interface RecordingTerminal extends Terminal {
  readonly text: string
  readonly lines: readonly string[]
}

export const recordingTerminal = ({ isTty = false, columns = 80 } = {}): RecordingTerminal => {
  let text = ''
  return {
    isTty,
    columns,
    write: (more) => {
      text += more
    },
    line: (line) => {
      text += `${line}\n`
    },
    get text() {
      return text
    },
    get lines() {
      return text.split('\n').slice(0, -1)
    },
  }
}
