import { describe, expect, it } from 'vitest'
import { checkEvidencePack, isEnough, judgeCommandExit, type EvidencePack, type Finding } from '../../src/evidence.js'

const exit = (exitCode: number | null) => ({ kind: 'command_exit', exitCode }) as const
const findings = (...holds: boolean[]): Finding[] =>
  holds.map((each) => ({ kind: 'command_exit', holds: each, reason: each ? null : 'exit_code_differs' }))

describe('a pack of evidence', () => {
  it('needs every piece unless it states a minimum', () => {
    const pack = [exit(0), exit(0)]

    expect(isEnough(pack, findings(true, true))).toBe(true)
    expect(isEnough(pack, findings(true, false))).toBe(false)
    expect(isEnough({ pieces: pack }, findings(true, false))).toBe(false)
    expect(isEnough({ minimum: 1, pieces: pack }, findings(true, false))).toBe(true)
    expect(isEnough({ minimum: 1, pieces: pack }, findings(false, false))).toBe(false)
  })

  it('is never verified when it is empty, whatever minimum it states', () => {
    const empty: EvidencePack[] = [[], { pieces: [] }, { minimum: 0, pieces: [] }]

    for (const pack of empty) expect(isEnough(pack, [])).toBe(false)
  })

  it.each([
    ['no list', 'x'],
    ['null', null],
    ['pieces that are no list', { pieces: 'x' }],
    ['a piece that is no object', [null]],
    ['a kind nobody knows', [{ kind: 'vibes' }]],
    ['an artifact without a path', [{ kind: 'artifact_exists' }]],
    ['a path with a NUL', [{ kind: 'artifact_exists', path: 'a\0b' }]],
    ['a type nobody knows', [{ kind: 'artifact_exists', path: 'a', type: 'socket' }]],
    ['a digest that was cut', [{ kind: 'file_sha256', path: 'a', digest: 'sha256:abcd' }]],
    ['no digest', [{ kind: 'file_sha256', path: 'a' }]],
    ['a command without its exit code', [{ kind: 'command_exit' }]],
    ['an expectation that is no integer', [{ kind: 'command_exit', exitCode: 0, expectedExitCode: 'zero' }]],
    ['a row that is matched by nothing', [{ kind: 'db_row', table: 't', match: {} }]],
    ['a row without a match', [{ kind: 'db_row', table: 't' }]],
    ['a row without a table', [{ kind: 'db_row', match: { id: 1 } }]],
    ['a value that no column holds', [{ kind: 'db_row', table: 't', match: { id: { $gt: 0 } } }]],
    ['a minimum of none', { minimum: 0, pieces: [exit(0)] }],
    ['a minimum above the pieces', { minimum: 2, pieces: [exit(0)] }],
    ['half a minimum', { minimum: 0.5, pieces: [exit(0)] }],
  ])('is refused with %s: input.invalid', (_, pack) => {
    expect(() => checkEvidencePack(pack as never)).toThrow(expect.objectContaining({ code: 'input.invalid' }))
  })

  it('is taken as it is when every piece can be verified', () => {
    const pack: EvidencePack = {
      minimum: 2,
      pieces: [
        exit(null),
        { kind: 'artifact_exists', path: 'out', type: 'directory' },
        { kind: 'file_sha256', path: 'out/a', digest: 'A'.repeat(64) },
        { kind: 'db_row', table: 'orders', match: { id: 1 }, values: { state: 'paid', note: null } },
      ],
    }

    expect(checkEvidencePack(pack)).toBe(pack)
  })
})

describe('a recorded exit code', () => {
  it('holds when it is the integer that was expected, 0 where none was named', () => {
    expect(judgeCommandExit(exit(0)).holds).toBe(true)
    expect(judgeCommandExit({ ...exit(3), expectedExitCode: 3 }).holds).toBe(true)
  })

  it.each([1, -1, null, '0', 0.5, Number.NaN, undefined, true])('%s does not hold', (exitCode) => {
    expect(judgeCommandExit(exit(exitCode as never))).toEqual({
      kind: 'command_exit',
      holds: false,
      reason: 'exit_code_differs',
    })
  })
})
