// Says what a file holds after a race. A process of its own, and a reader: whoever looks changes nothing.
import { openDatabase } from '@holdfast/store/sqlite'

const [path] = process.argv.slice(2)
const connection = openDatabase({ path, role: 'reader' })
const column = (sql) => connection.prepare(sql).raw().all().flat()
console.log(
  JSON.stringify({
    applied: column('SELECT version FROM schema_migrations ORDER BY version'),
    version: column('SELECT version FROM schema_versions'),
    ran: column('SELECT step FROM ran ORDER BY step'),
    properties: column(`SELECT name FROM store_properties WHERE name IN ('store_id', 'durability') ORDER BY name`),
    tasks: column('SELECT id FROM tasks'),
    integrity: column('PRAGMA integrity_check'),
  }),
)
connection.close()
