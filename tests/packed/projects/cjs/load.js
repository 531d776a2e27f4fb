/** Requires each package that it is given and prints how many names it exports. */
for (const entry of process.argv.slice(2)) console.log(entry, Object.keys(require(entry)).length)
