import { sha256 } from './folder.mjs'

const IDENTITY = new Set(['id', 'prevId'])

/** Every place at which two JSON values differ, as a path and what stands on either side. */
function* differences(written, meant, path = []) {
  if (JSON.stringify(written) === JSON.stringify(meant)) return
  const bothObjects = [written, meant].every((value) => value !== null && typeof value === 'object')
  if (!bothObjects) {
    yield { path: path.join('.'), written, meant }
    return
  }
  for (const key of new Set([...Object.keys(written), ...Object.keys(meant)]))
    if (path.length > 0 || !IDENTITY.has(key)) yield* differences(written[key], meant[key], [...path, key])
}

const brief = (value) => {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

const compare = (what, written, meant) =>
  [...differences(written, meant)].map(
    (found) =>
      `${what}: ${found.path} is ${brief(found.meant)} in the schema, ${brief(found.written)} in the migrations`,
  )

const snapshotDrift = async (engine, folder) => {
  const last = folder.journal().entries.at(-1)
  const snapshot = last && folder.snapshot(last)
  if (!snapshot) return ['no snapshot of the last migration']
  // Through JSON, so that an undefined is a missing key on both sides.
  return compare('table', snapshot, JSON.parse(JSON.stringify(await engine.snapshot(engine.tables))))
}

const recordDrift = (engine, folder) => {
  const { objects, tableOptions } = folder.record()
  const meant = Object.fromEntries(
    engine.objects.map(({ name, table, create, drop }) => [name, { table, create, drop }]),
  )
  return [...compare('object', objects, meant), ...compare('table options', tableOptions, engine.tableOptions)]
}

const fileDrift = (folder) => {
  const { entries } = folder.journal()
  const { migrations } = folder.record()
  const files = folder.sqlFiles().map((file) => file.replace(/\.sql$/, ''))
  const tags = entries.map(({ tag }) => tag)
  return [
    ...files.filter((tag) => !tags.includes(tag)).map((tag) => `migration ${tag}.sql has no entry in the journal`),
    ...tags.filter((tag) => !files.includes(tag)).map((tag) => `migration ${tag} of the journal has no .sql file`),
    ...entries
      .filter(({ idx, tag }, at) => idx !== at || !tag.startsWith(`${String(at).padStart(4, '0')}_`))
      .map(({ tag }) => `migration ${tag} is out of order in the journal`),
    ...files
      .filter((tag) => migrations[tag] !== sha256(folder.sql(tag)))
      .map((tag) => `migration ${tag}.sql was edited after it was written`),
    ...Object.keys(migrations)
      .filter((tag) => !files.includes(tag))
      .map((tag) => `migration ${tag}.sql was deleted after it was written`),
  ]
}

/** A check that can pass on nothing would pass on a broken build. */
const sawSomething = (engine, folder) =>
  Object.entries({
    tables: Object.keys(engine.tables).length,
    objects: engine.objects.length,
    migrations: folder.sqlFiles().length,
  })
    .filter(([, count]) => count === 0)
    .map(([what]) => `no ${what} found: nothing was checked`)

/** What stands in one engine's migrations and not in the schema, or the other way round. Empty when all is well. */
export const driftOf = async (engine, folder) =>
  [
    ...sawSomething(engine, folder),
    ...(await snapshotDrift(engine, folder)),
    ...recordDrift(engine, folder),
    ...fileDrift(folder),
  ].map((line) => `${engine.name}: ${line}`)
