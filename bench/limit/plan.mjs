/**
 * Makes a plan for `native/limit.c` from what was recorded: every statement of an operation, and for every parameter
 * where it comes from. Each operation was recorded twice, with other items, at other times; what differs between the
 * two has to come from somewhere, and a parameter that comes from nowhere known is an error, never a guess.
 */

/** What a group writes about itself, whatever is in it: its marker, and the look whether it has anything to mark. */
const OF_THE_GROUP = /\btotal_changes\(\)|^\s*insert into store_properties\b/i

/**
 * One operation's own statements: without BEGIN, COMMIT and savepoints, and without what is written once per group. They
 * are the ones of a caller who is alone: neighbours in a group may share theirs.
 */
export const statementsOf = (log) => {
  const own = inTransaction(log).filter(({ sql }) => !OF_THE_GROUP.test(sql))
  if (own.length === 0) throw new Error('an operation that was recorded has no statement of its own')
  return own
}

/** What ran between BEGIN and COMMIT: the rest is the store's own care for its lock and its WAL. */
const inTransaction = (log) => {
  const begin = log.findIndex(({ sql, control }) => control && /^begin/i.test(sql))
  const commit = log.findIndex(({ sql, control }, at) => at > begin && control && /^commit/i.test(sql))
  if (begin < 0 || commit < 0) throw new Error('an operation that was recorded had no transaction')
  return log.slice(begin, commit).filter(({ control }) => !control)
}

/**
 * @param operations `{ name, once, cycles: [{ statements, nowMs, fresh }, …] }`: two recordings each, of the same
 * statements; `once` where it isn't repeated with the others.
 * @returns {string} The plan.
 */
export const planOf = (operations) => {
  const lines = []
  const earlier = []
  for (const { name, once, cycles } of operations) {
    lines.push(line('operation', name, once ? 'once' : 'repeated'))
    const [first, second] = cycles
    for (const [at, statement] of first.statements.entries()) {
      const twin = second.statements[at]
      if (twin?.sql !== statement.sql) throw new Error(`${name} ran other statements the second time`)
      lines.push(line('statement', statement.found > 0 ? 1 : 0, statement.sql))
      for (const [position, value] of statement.params.entries()) {
        const source = sourceOf([value, twin.params[position]], { earlier, cycles })
        if (!source)
          throw new Error(`parameter ${position + 1} of this statement comes from nowhere:\n${statement.sql}`)
        lines.push(...source)
      }
      earlier.push([statement.cells, twin.cells])
    }
  }
  return `${lines.join('\n')}\n`
}

/** @returns The lines that say where a value comes from; undefined when that isn't known. */
const sourceOf = (pair, { earlier, cycles }) => {
  const [value, other] = pair
  if (value === other) return [constant(value)]
  const offset = cycles.map(({ nowMs }, index) => Number(pair[index]) - nowMs)
  if (offset[0] === offset[1]) return [line('now', offset[0])]
  const fresh = cycles[0].fresh.indexOf(value)
  if (fresh >= 0 && cycles[1].fresh[fresh] === other) return [line('fresh', fresh)]
  return cellOf(pair, earlier) ?? joinOf(pair, { earlier, cycles })
}

/** The newest row that held both, or, for a number such as a token that rises, the ones before them. */
const cellOf = (pair, earlier) => {
  for (const offset of [0, 1]) {
    if (offset > 0 && !pair.every(Number.isSafeInteger)) return undefined
    const wanted = pair.map((value) => String(offset > 0 ? value - offset : value))
    for (let at = earlier.length - 1; at >= 0; at -= 1) {
      const [cells, twins] = earlier[at]
      const index = cells.findIndex(
        ([, cell], twin) => String(cell) === wanted[0] && String(twins[twin]?.[1]) === wanted[1],
      )
      if (index >= 0) return [line('cell', at, cells[index][0], offset)]
    }
  }
  return undefined
}

/** A text made of several values, such as a JSON array of leases. */
const joinOf = (pair, known) => {
  const [parts, others] = pair.map((text) => (typeof text === 'string' ? text.split(/([\w-]+)/) : []))
  // One word alone is no text made of several.
  if (parts.length <= 3 || parts.length !== others.length) return undefined
  const sources = parts.map((part, index) => sourceOf([part, others[index]], known))
  if (sources.some((source) => source?.length !== 1)) return undefined
  return [line('join', sources.length), ...sources.flat()]
}

const constant = (value) => {
  if (value === null) return line('null')
  if (typeof value === 'string') return line('text', value)
  return line(Number.isInteger(Number(value)) ? 'integer' : 'real', value)
}

const line = (...fields) =>
  fields.map((field) => String(field).replace(/[\\\n\t]/g, (found) => ESCAPED[found])).join('\t')

const ESCAPED = { '\\': '\\\\', '\n': '\\n', '\t': '\\t' }
