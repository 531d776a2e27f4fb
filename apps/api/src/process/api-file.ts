import { readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What `<data dir>/api.json` says: where this API is, so that the CLI finds it. */
export interface ApiFile {
  readonly url: string
  readonly pid: number
}

/** Writes the file whole, readable by its owner alone. With several APIs on one folder the last one is named. */
export const writeApiFile = async (dataDir: string, content: ApiFile): Promise<void> => {
  const draft = join(dataDir, `api.json.${content.pid}`)
  await writeFile(draft, `${JSON.stringify(content)}\n`, { mode: 0o600 })
  await rename(draft, pathIn(dataDir))
}

/** Removes the file, unless it names another process by now. */
export const removeApiFile = async (dataDir: string, pid: number): Promise<void> => {
  try {
    const found = JSON.parse(await readFile(pathIn(dataDir), 'utf8')) as Partial<ApiFile>
    if (found.pid === pid) await unlink(pathIn(dataDir))
  } catch (error) {
    // Gone, or not ours to judge: what matters is that it doesn't name this process.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error
  }
}

const pathIn = (dataDir: string): string => join(dataDir, 'api.json')
