// The @stdlib packages are here for their READMEs: a thousand real Markdown files that nobody here wrote, for the
// ingest's tests and its first run. Their code never runs, so what it depends on (400 MB) stays away.
const corpus = new Set(['@stdlib/array', '@stdlib/assert', '@stdlib/constants'])

module.exports = {
  hooks: {
    readPackage: (manifest) => (corpus.has(manifest.name) ? { ...manifest, dependencies: {} } : manifest),
  },
}
