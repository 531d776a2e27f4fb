const added = (before, after) => Object.keys(after).filter((name) => !(name in before))

/**
 * Refuses changes that may be a rename or may be two changes: drizzle-kit would ask, and without a terminal it prints
 * an error and exits with 0.
 */
export const refuseAmbiguity = (engine, before, after) => {
  const refuse = (what, gone, fresh) => {
    if (gone.length === 0 || fresh.length === 0) return
    throw new Error(
      `${engine}: ${what} ${gone.join(', ')} went and ${fresh.join(', ')} came in one migration: is it a rename? ` +
        'Make it two migrations, one that adds and one that removes, and move the rows between them.',
    )
  }
  refuse('tables', added(after.tables, before.tables), added(before.tables, after.tables))
  for (const [name, table] of Object.entries(after.tables)) {
    const known = before.tables[name]
    if (known) refuse(`columns of ${name}`, added(table.columns, known.columns), added(known.columns, table.columns))
  }
}
