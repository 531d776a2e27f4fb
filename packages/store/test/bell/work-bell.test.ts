import { describe, expect, it, vi } from 'vitest'
import type { BellWatch } from '../../src/sqlite/bell/bell-watch.js'
import { WorkBell } from '../../src/sqlite/bell/work-bell.js'

const bellWithWatch = () => {
  const watch = { start: vi.fn(), stop: vi.fn() }
  const heard: { ring(): void } = { ring: () => {} }
  const bell = new WorkBell((onRing) => {
    heard.ring = onRing
    return watch as unknown as BellWatch
  })
  return { bell, watch, heard }
}

describe('those who wait for work', () => {
  it('are told of their own commits and of everybody else’s', () => {
    const { bell, heard } = bellWithWatch()
    const [one, other] = [vi.fn(), vi.fn()]
    bell.listen(one)
    bell.listen(other)

    bell.tell()
    heard.ring()

    expect(one).toHaveBeenCalledTimes(2)
    expect(other).toHaveBeenCalledTimes(2)
  })

  it('make the file be watched while there is at least one of them', () => {
    const { bell, watch } = bellWithWatch()
    expect(watch.start).not.toHaveBeenCalled()
    const stopOne = bell.listen(() => {})
    const stopOther = bell.listen(() => {})

    stopOne()
    expect(watch.start).toHaveBeenCalled()
    expect(watch.stop).not.toHaveBeenCalled()
    stopOther()

    expect(watch.stop).toHaveBeenCalled()
  })

  it('are told nothing after they ended it, also where one function listens twice', () => {
    const { bell } = bellWithWatch()
    const listener = vi.fn()
    const stop = bell.listen(listener)
    bell.listen(listener)

    stop()
    stop()
    bell.tell()

    expect(listener).toHaveBeenCalledTimes(1)
  })

  it('are told though one of them throws, which is not swallowed', () => {
    const { bell } = bellWithWatch()
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const defect = new Error('a listener’s defect')
    const other = vi.fn()
    bell.listen(() => {
      throw defect
    })
    bell.listen(other)

    bell.tell()

    expect(other).toHaveBeenCalledTimes(1)
    expect(warned).toHaveBeenCalledWith(defect)
    warned.mockRestore()
  })

  it('are told nothing once the store is closed, and nothing is watched', () => {
    const { bell, watch } = bellWithWatch()
    const [before, after] = [vi.fn(), vi.fn()]
    bell.listen(before)

    bell.close()
    bell.listen(after)()
    bell.tell()

    expect(before).not.toHaveBeenCalled()
    expect(after).not.toHaveBeenCalled()
    expect(watch.start).toHaveBeenCalledTimes(1)
    expect(watch.stop).toHaveBeenCalled()
  })
})
