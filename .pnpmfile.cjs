// The @stdlib packages are here for their READMEs: a thousand real Markdown files that nobody here wrote, for the
// ingest's tests and its first run. Their code never runs, so what it depends on (400 MB) stays away.
const corpus = new Set(['@stdlib/array', '@stdlib/assert', '@stdlib/constants'])

// pnpm installs a workspace package's own peers, the optional ones too. This one's native library would have to be
// downloaded or compiled at every install; only `npm run test:drivers` needs it, and brings it.
const withoutBetterSqlite3 = ({ 'better-sqlite3': _, ...peerDependencies }) => peerDependencies

const readPackage = (manifest) => {
  if (corpus.has(manifest.name)) return { ...manifest, dependencies: {} }
  if (manifest.name !== '@holdfast/store') return manifest
  return { ...manifest, peerDependencies: withoutBetterSqlite3(manifest.peerDependencies) }
}

module.exports = { hooks: { readPackage } }
