import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const TYPICAL = { least: 500, most: 50_000 }

/** The READMEs of the packages below `node_modules`, by content: no two alike, none tiny, none huge. */
const readmes = (folder) => {
  const texts = new Set()
  const visit = (directory) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) visit(path)
      else if (entry.isFile() && /^readme\.md$/i.test(entry.name)) {
        const text = readFileSync(path, 'utf8')
        if (text.length >= TYPICAL.least && text.length <= TYPICAL.most) texts.add(text)
      }
    }
  }
  visit(folder)
  return [...texts]
}

/** Writes `count` files made of real READMEs, in folders of a hundred; each has a line of its own, so no two are alike. */
export const writeCorpus = (target, count) => {
  const texts = readmes(resolve(import.meta.dirname, '../../node_modules'))
  if (texts.length < 100) throw new Error(`only ${texts.length} READMEs below node_modules: install first`)
  let bytes = 0
  for (let i = 0; i < count; i++) {
    const folder = join(target, String(Math.floor(i / 100)).padStart(5, '0'))
    if (i % 100 === 0) mkdirSync(folder, { recursive: true })
    const text = `${texts[i % texts.length]}\n\nCopy ${i}.\n`
    bytes += Buffer.byteLength(text)
    writeFileSync(join(folder, `${i}.md`), text)
  }
  return { files: count, distinct: texts.length, bytes }
}
