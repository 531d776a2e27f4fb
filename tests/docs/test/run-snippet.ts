import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Snippet } from './snippets.js'

const jiti = pathToFileURL(
  join(createRequire(import.meta.url).resolve('jiti/package.json'), '../lib/jiti-register.mjs'),
)

/** A folder of its own inside this package, so that a program finds the packages that a reader would install. */
export const snippetFolder = (): { readonly path: string; remove(): void } => {
  const path = mkdtempSync(join(resolve(import.meta.dirname, '..'), '.tmp-snippet-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export interface RunningSnippet {
  readonly child: ChildProcess
  /** Resolves when it has ended, with all that it said. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>
}

/** Starts the program with `folder` as its working folder. TypeScript goes through jiti, as task modules do. */
export const startSnippet = ({ code, language }: Snippet, folder: string): RunningSnippet => {
  const file = join(folder, `snippet.${language === 'ts' ? 'ts' : 'mjs'}`)
  writeFileSync(file, code)
  const child = spawn(process.execPath, [...(language === 'ts' ? ['--import', jiti.href] : []), file], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  return { child, ended }
}
