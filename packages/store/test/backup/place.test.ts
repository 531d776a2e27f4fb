import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { placeForBackup, placeForRestore } from '../../src/sqlite/backup/place.js'

it.each([
  ['a backup', placeForBackup],
  ['a restored database', placeForRestore],
])('says which folder is missing when %s is to be made in it', (_, place) => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-place-'))
  onTestFinished(() => rmSync(root, { recursive: true }))

  expect(() => place(join(root, 'gone/x.db'), {})).toThrow(
    expect.objectContaining({ code: 'store.missing', message: `there is no folder ${join(root, 'gone')}` }),
  )
})
