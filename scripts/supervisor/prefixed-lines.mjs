import { Transform } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** Puts a prefix before every line, whole lines at a time, so that two processes never mix within one. */
export function prefixedLines(prefix) {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const prefixed = (lines) => lines.map((line) => `${prefix}${line}\n`).join('')
  return new Transform({
    transform(chunk, _encoding, done) {
      const lines = (rest + decoder.write(chunk)).split('\n')
      rest = lines.pop()
      done(null, prefixed(lines))
    },
    flush(done) {
      rest += decoder.end()
      done(null, rest === '' ? '' : prefixed([rest]))
    },
  })
}
