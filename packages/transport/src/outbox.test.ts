import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Outbox } from './outbox.ts'
import { ScriptedSocket, framesIn } from './scripted-socket.ts'
import { SlabPool } from './slab-pool.ts'

describe('Outbox', () => {
  it('writes nothing where nothing was put in', () => {
    const { socket, outbox } = newOutbox()
    outbox.flush()
    assert.deepEqual(socket.writes, [])
  })

  it('copies small parts together and passes large ones as they are', () => {
    const { outbox, buffers } = newOutbox()
    const large = Buffer.alloc(1025, 'x')
    outbox.put([Buffer.from('ab'), large, Buffer.from('c')])
    outbox.put([Buffer.from('d')])
    outbox.flush()
    assert.equal(buffers.length, 3)
    assert.equal(buffers[1], large)
    assert.equal(Buffer.from(buffers[2] ?? []).toString('latin1'), 'c\0\0\0\u0001d')
  })

  it('counts what waits and what was taken', () => {
    const { socket, outbox } = newOutbox()
    socket.takesAtOnce = false
    outbox.put([Buffer.from('12345678')])
    assert.equal(outbox.waitingBytes, 12)
    outbox.flush()
    assert.equal(outbox.waitingBytes, 12)
    assert.equal(outbox.takenBytes, 0)
    socket.waitingBytes = 2
    assert.equal(outbox.takenBytes, 10)
  })

  it('keeps its slabs until the system has taken the bytes', () => {
    const { socket, outbox, slabs } = newOutbox()
    socket.takesAtOnce = false
    outbox.put([Buffer.from('x')])
    outbox.flush()
    assert.equal(slabs.lentBytes, 4096)
    outbox.put([Buffer.from('y')])
    outbox.sent()
    assert.equal(slabs.lentBytes, 8192)
    socket.waitingBytes = 0
    socket.takesAtOnce = true
    outbox.flush()
    assert.equal(slabs.lentBytes, 0)
  })

  it('lets go of everything when it is discarded', () => {
    const { socket, outbox, slabs } = newOutbox()
    socket.takesAtOnce = false
    const released: string[] = []
    outbox.put([Buffer.from('x')], () => released.push('x'))
    outbox.flush()
    outbox.put([Buffer.from('y')], () => released.push('y'))
    outbox.discard()
    assert.deepEqual(released, ['x', 'y'])
    assert.equal(slabs.lentBytes, 0)
  })

  it('writes the frames that were put in, whatever their parts', () => {
    const part = fc.oneof(fc.nat(5), fc.nat(1100), fc.nat(70_000))
    fc.assert(
      fc.property(fc.array(fc.array(part, { maxLength: 5 }), { maxLength: 20 }), (frames) => {
        const { socket, outbox, slabs } = newOutbox()
        const texts = frames.map((sizes, index) =>
          sizes.map((size) => String.fromCharCode(97 + (index % 26)).repeat(size)),
        )
        for (const parts of texts) outbox.put(parts.map((text) => Buffer.from(text)))
        outbox.flush()
        assert.deepEqual(
          framesIn(Buffer.concat(socket.writes)),
          texts.map((parts) => parts.join('')),
        )
        assert.ok(socket.writes.length <= 1)
        assert.equal(slabs.lentBytes, 0)
      }),
    )
  })
})

function newOutbox(): { socket: ScriptedSocket; outbox: Outbox; slabs: SlabPool; buffers: Uint8Array[] } {
  const slabs = new SlabPool()
  const socket = new ScriptedSocket()
  const buffers: Uint8Array[] = []
  const seeing = {
    get waitingBytes() {
      return socket.waitingBytes
    },
    write(written: readonly Uint8Array[]) {
      buffers.push(...written.map((buffer) => (buffer.length > 1024 ? buffer : Buffer.from(buffer))))
      return socket.write(written)
    },
  }
  return { socket, outbox: new Outbox(seeing, slabs), slabs, buffers }
}
