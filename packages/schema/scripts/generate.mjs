import { refuseAmbiguity } from './ambiguity.mjs'
import { contentId } from './folder.mjs'

/** What makes a whole new database, straight from the schema: what the migrations have to add up to. */
export const statementsFromNothing = async (engine) => [
  ...engine.finish(await engine.migrate(await engine.snapshot({}), await engine.snapshot(engine.tables))),
  ...engine.objects.flatMap(({ create }) => create),
]

/** Statements as they stand in a migration: no blank edges, one semicolon at the end. */
const tidy = (statement) => `${statement.trim().replace(/;$/, '')};`

const isTrigger = ({ create }) => create[0].startsWith('CREATE TRIGGER')

const changedObjects = (recorded, objects, rebuilds) => {
  const wanted = new Map(objects.map((object) => [object.name, object]))
  const differs = ([name, known]) =>
    (rebuilds && isTrigger(known)) || JSON.stringify(known) !== JSON.stringify(recordOf(wanted.get(name)))
  const gone = Object.entries(recorded).filter(differs)
  const goneNames = new Set(gone.map(([name]) => name))
  const made = objects.filter(({ name }) => !(name in recorded) || goneNames.has(name))
  return { gone: gone.map(([, known]) => known), made }
}

const recordOf = (object) => object && { table: object.table, create: object.create, drop: object.drop }

/**
 * Writes the next migration of one engine: what drizzle-kit makes of the tables, in between the objects that have to
 * go first and those that have to be made after it.
 *
 * @returns the tag of the new migration; undefined when nothing has changed.
 */
export const generate = async (engine, folder, { name, nowMs }) => {
  const last = folder.journal().entries.at(-1)
  const before = last ? folder.snapshot(last) : await engine.snapshot({})
  const after = await engine.snapshot(engine.tables)
  refuseAmbiguity(engine.name, before, after)

  const changes = engine.finish(await engine.migrate(before, after))
  const record = folder.record()
  const { gone, made } = changedObjects(record.objects, engine.objects, engine.rebuilds(changes))
  const drops = gone.toReversed().flatMap(({ drop }) => drop)
  const statements = [...drops, ...changes, ...made.flatMap(({ create }) => create)].map(tidy)
  if (statements.length === 0) return undefined

  const content = { ...after, id: undefined, prevId: undefined }
  return folder.add({
    name,
    nowMs,
    statements,
    snapshot: { ...after, id: contentId(content), prevId: last ? before.id : before.prevId },
    record: {
      ...record,
      objects: Object.fromEntries(engine.objects.map((object) => [object.name, recordOf(object)])),
      tableOptions: engine.tableOptions,
    },
  })
}
