import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { PROOFS } from './rows.mjs'

export const ROOT = resolve(PROOFS, '..')

/** Tools of testers, which say nothing about the product: they count as part of the proofs that use them. */
const NO_PRODUCT = ['packages/testkit']

/** Imports of neighbours, and of the tester's kit. */
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'(\.{1,2}\/[^']+|@holdfast\/testkit[^']*)'/g

/** The folders whose text decides what the product does. */
export const productFolders = (root = ROOT) =>
  ['packages', 'apps']
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(parent, name)))
    .filter((folder) => !NO_PRODUCT.includes(folder) && existsSync(join(root, folder, 'src')))
    .map((folder) => join(folder, 'src'))
    .concat('drizzle')

/** One short hash over the product's sources: results of equal ones may stand side by side. */
export const productHash = (root = ROOT) =>
  hashOf(
    root,
    productFolders(root).flatMap((folder) => filesBelow(join(root, folder))),
  )

/**
 * One over what a proof is made of: its row, its folders, and what these import, the framework included.
 *
 * @param {import('./rows.mjs').Row} row
 */
export const proofHash = (row, proofs = PROOFS) => {
  const own = (row.folders ?? [row.name]).map((name) => join(proofs, name)).filter((folder) => existsSync(folder))
  const files = new Set([join(proofs, 'rows', `${row.name}.mjs`), ...own.flatMap(filesBelow)])
  // A set that grows while it is walked: what is added is walked as well.
  for (const file of files) for (const each of importedBy(file)) files.add(each)
  return hashOf(proofs, [...files])
}

const importedBy = (file) => {
  if (!file.endsWith('.mjs')) return []
  return [...readFileSync(file, 'utf8').matchAll(IMPORT)].flatMap(([, target]) =>
    filesOf(resolve(dirname(file), target), target),
  )
}

const filesOf = (path, target) => {
  if (target.startsWith('@holdfast/testkit')) return filesBelow(join(ROOT, 'packages/testkit/src'))
  return existsSync(path) && statSync(path).isFile() ? [path] : []
}

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

const hashOf = (root, files) => {
  const hash = createHash('sha256')
  for (const file of files.map((each) => relative(root, each)).sort()) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex').slice(0, 16)
}
