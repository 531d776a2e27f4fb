import { describe, expect, it } from 'vitest'
import { assertLocalFileSystem } from '../../src/sqlite/file-system.js'
import { assertSupportedRuntime } from '../../src/sqlite/runtime.js'

const FUSE = 0x65735546
const EXT4 = 0xef53

describe('a network file system', () => {
  const on = (type: number, mounts = ''): (() => void) => {
    return () => assertLocalFileSystem('/data/app/store.db', { typeOf: () => type, mounts: () => mounts })
  }

  it.each([
    ['nfs', 0x6969],
    ['smb', 0x517b],
    ['cifs', 0xff534d42],
    ['cifs, as a negative number', 0xff534d42 | 0],
    ['smb2', 0xfe534d42],
    ['9p', 0x01021997],
    ['ceph', 0x00c36400],
  ])('is refused: %s', (_, type) => {
    expect(on(type)).toThrow(expect.objectContaining({ code: 'store.unsupported' }))
  })

  it('is recognised behind FUSE by the deepest mount that holds the file', () => {
    const mounts = ['/dev/sda1 / ext4 rw 0 0', 'me@host:/ /data fuse.sshfs rw 0 0', 'x /data/app2 ext4 rw 0 0'].join(
      '\n',
    )

    expect(on(FUSE, mounts)).toThrow(
      expect.objectContaining({
        code: 'store.unsupported',
        details: expect.objectContaining({ fileSystem: 'fuse.sshfs' }),
      }),
    )
  })

  it('is not every FUSE mount: what keeps its files here is let through', () => {
    const mounts = ['me@host:/ /data fuse.sshfs rw 0 0', 'overlay /data/app fuse.fuse-overlayfs rw 0 0'].join('\n')

    expect(on(FUSE, mounts)).not.toThrow()
  })

  it('is not a local disk', () => {
    expect(on(EXT4)).not.toThrow()
  })
})

describe('a runtime', () => {
  const node = { versions: { node: '20.20.2' }, hasDeno: false, hasEdge: false }

  it('is Node', () => {
    expect(() => assertSupportedRuntime(node)).not.toThrow()
    expect(() => assertSupportedRuntime()).not.toThrow()
  })

  it.each([
    ['Bun', { ...node, versions: { node: '22.0.0', bun: '1.3.0' } }],
    ['Deno', { ...node, hasDeno: true }],
    ['an edge runtime', { ...node, hasEdge: true }],
    ['an edge runtime', { ...node, versions: {} }],
  ])('is refused by name: %s', (name, runtime) => {
    expect(() => assertSupportedRuntime(runtime)).toThrow(
      expect.objectContaining({ code: 'store.unsupported', details: { runtime: name } }),
    )
  })
})
