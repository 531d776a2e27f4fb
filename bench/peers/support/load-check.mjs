// Loads the package named in its argument. A process of its own, because native code that was built for another Node
// takes its process along.
const [name] = process.argv.slice(2)
try {
  const loaded = await import(name)
  // Its native part is only looked for when a database is opened.
  if (name === 'better-sqlite3') new loaded.default(':memory:').close()
  process.send('loaded')
} catch (error) {
  process.send(error.message.split('\n')[0])
}
process.disconnect()
