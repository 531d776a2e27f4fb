import { describe, expect, it } from 'vitest'
import { progressLine, progressText, type TaskProgress } from '../src/progress-bar.js'

const progress = (done: number, total: number, counts: TaskProgress['counts'] = {}): TaskProgress => ({
  state: 'active',
  done,
  total,
  counts,
})

describe('the progress line of a terminal', () => {
  it('shows a bar, the counts and the share', () => {
    expect(progressLine(progress(5, 10), 80)).toBe(`active  ${'█'.repeat(20)}${'░'.repeat(20)}  5/10  50%`)
  })

  it('names what is notable, and leaves out what is not', () => {
    const line = progressLine(progress(5, 10, { completed: 3, failed: 2, running: 1, waiting: 0 }), 80)

    expect(line).toMatch(/5\/10 {2}50% {2}failed 2 {2}running 1$/)
  })

  it('is empty before anything is known, and full at the end', () => {
    expect(progressLine(progress(0, 0), 80)).toContain('░'.repeat(40))
    expect(progressLine(progress(7, 7), 80)).toContain('█'.repeat(40))
  })

  it('says 100 % only when all is done', () => {
    expect(progressLine(progress(999, 1_000), 80)).toContain('99%')
  })

  it.each([0, 1, 10, 20, 30, 60, 200])('never wraps: %i columns', (columns) => {
    const line = progressLine(progress(612, 1_040, { failed: 3, running: 10, waiting: 7 }), columns)

    expect(line.length).toBeLessThanOrEqual(Math.max(0, columns - 1))
  })
})

describe('the progress of a log', () => {
  it('is one line without a bar', () => {
    expect(progressText(progress(612, 1_040, { failed: 3, running: 10 }))).toBe(
      'active  612/1040 items  failed 3  running 10',
    )
  })
})
