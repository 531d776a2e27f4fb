import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { workspacePackages } from '../workspace/packages.mjs'
import { requireSeen } from './gate.mjs'

/** Which packages each package may import. Anything else points down or sideways. */
export const LAYERS = {
  '@holdfast/schema': [],
  '@holdfast/store': ['@holdfast/schema'],
  '@holdfast/engine': ['@holdfast/store'],
  '@holdfast/memory': ['@holdfast/schema', '@holdfast/store'],
  '@holdfast/testkit': ['@holdfast/schema', '@holdfast/store', '@holdfast/engine', '@holdfast/memory'],
  '@holdfast/api': ['@holdfast/store', '@holdfast/engine', '@holdfast/memory'],
  '@holdfast/worker': ['@holdfast/store', '@holdfast/engine', '@holdfast/memory'],
  '@holdfast/cli': ['@holdfast/store', '@holdfast/engine'],
  '@holdfast/example-ingest': ['@holdfast/store', '@holdfast/engine', '@holdfast/memory'],
}

const IMPORT = /(?:from|import|import\.meta\.resolve|require)\s*\(?\s*['"](@holdfast\/[^/'"]+)/g

/** Imports follow the layers: schema, store, engine and features, apps. Read from manifests and from every source. */
export const layering = {
  name: 'layers',
  async run() {
    const packages = workspacePackages().filter(({ path }) => !/^(?:tests|scripts)\b/.test(path))
    const sources = packages.flatMap(sourcesOf)
    const problems = [...packages.flatMap(manifestProblems), ...sources.flatMap(importProblems)]
    if (problems.length > 0) throw new Error(problems.join('\n'))
    return requireSeen('sources', sources.length, 30)
  },
}

/** What a package's manifest declares beyond its layer. Development dependencies serve tests and may point anywhere. */
export function manifestProblems({ name, manifest }) {
  const allowed = LAYERS[name]
  if (!allowed) return [`${name} has no layer; give it one in scripts/gates/layering.mjs`]
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  return declared
    .filter((dependency) => dependency.startsWith('@holdfast/') && !allowed.includes(dependency))
    .map((dependency) => `${name} declares ${dependency}, which is not below it`)
}

/** What one source file imports beyond its package's layer. */
export function importProblems({ name, file, text }) {
  const allowed = LAYERS[name] ?? []
  const imported = [...text.matchAll(IMPORT)].map((match) => match[1])
  return imported
    .filter((dependency) => dependency !== name && !allowed.includes(dependency))
    .map((dependency) => `${file} imports ${dependency}, which is not below ${name}`)
}

function sourcesOf({ name, path, folder }) {
  return readdirSync(join(folder, 'src'), { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ name, file: join(path, 'src', file), text: readFileSync(join(folder, 'src', file), 'utf8') }))
}
