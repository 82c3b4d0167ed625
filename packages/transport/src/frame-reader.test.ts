import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FrameError } from './errors.ts'
import { FrameReader } from './frame-reader.ts'
import { SlabPool } from './slab-pool.ts'

const kib = 1024
const mib = 1024 * kib

describe('FrameReader', () => {
  it('hands out all complete frames of a read in one pass', () => {
    const world = newReader()
    world.deliver(Buffer.concat([framed('one'), framed('two'), framed(''), framed('four')]))
    assert.deepEqual(world.frames, ['one', 'two', '', 'four'])
  })

  it('hands out a frame whose bytes come one by one', () => {
    const world = newReader()
    for (const byte of framed('crumbs')) world.deliver(Buffer.of(byte))
    assert.deepEqual(world.frames, ['crumbs'])
  })

  it('reads the rest of a frame right behind its beginning, and not a byte further', () => {
    const world = newReader()
    const frame = framed('x'.repeat(1000))
    world.deliver(frame.subarray(0, 300))
    assert.equal(world.reader.target().length, frame.length - 300)
  })

  it('holds no memory between frames', () => {
    const world = newReader()
    world.deliver(framed('x'.repeat(1000)).subarray(0, 500))
    assert.equal(world.reader.waitingBytes, 500)
    assert.equal(world.slabs.lentBytes, 4096)
    world.deliver(framed('x'.repeat(1000)).subarray(500))
    assert.equal(world.reader.waitingBytes, 0)
    assert.equal(world.slabs.lentBytes, 0)
    assert.equal(world.reader.target(), world.shared)
  })

  it('meets the head of a large frame with a short read once it has seen one', () => {
    const world = newReader({ sharedBytes: mib })
    assert.equal(world.reader.target().length, mib)
    world.deliver(framed('x'.repeat(300 * kib)).subarray(0, 100))
    world.deliver(framed('x'.repeat(300 * kib)).subarray(100))
    assert.equal(world.reader.target().length, 64 * kib)
    world.deliver(framed('small'))
    assert.equal(world.reader.target().length, mib)
  })

  it('gives a frame that came in parts memory of its own', () => {
    const world = newReader()
    world.deliver(framed('whole'))
    world.deliver(framed('in parts').subarray(0, 5))
    world.deliver(framed('in parts').subarray(5))
    assert.deepEqual(world.hasSlab, [false, true])
  })

  it('refuses a negative length', () => {
    const world = newReader()
    assert.throws(() => world.deliver(Buffer.from([0xff, 0xff, 0xff, 0xff])), FrameError)
  })

  it('refuses a length over the limit before it takes memory', () => {
    const world = newReader({ frameBytesMax: 1000 })
    assert.throws(() => world.deliver(lengthOf(1001)), {
      name: 'FrameError',
      message: /1001 bytes; allowed are 0 to 1000/,
    })
    assert.equal(world.slabs.lentBytes, 0)
  })

  it('says what it is that is no frame where it can be told', () => {
    const said = (bytes: string): string => {
      try {
        newReader().deliver(Buffer.from(bytes, 'latin1'))
      } catch (error) {
        return error instanceof FrameError ? error.message.replace(/^[^.]*/, '') : 'another error'
      }
      return 'no error'
    }
    assert.equal(said('\x16\x03\x01\x02\x00'), '. It looks like TLS, which this listener does not speak')
    assert.equal(said('GET / HTTP/1.1\r\n'), '. It looks like HTTP')
    assert.equal(said('\x15\x03\x03\x00\x02'), '. It looks like TLS, which was not begun')
    assert.equal(said('HTTP/1.1 400 Bad Request'), '. It looks like HTTP')
    assert.equal(said('\x7f\xff\xff\xff'), '')
  })

  it('reads little at a time while the memory of all is tight', () => {
    const budget = { isTight: false }
    const slabs = new SlabPool()
    const shared = Buffer.alloc(mib)
    const reader = new FrameReader({
      sink: { frame: () => true, emptied: () => undefined },
      frameBytesMax: mib,
      slabs,
      shared,
      budget,
    })
    assert.equal(reader.target().length, mib)
    budget.isTight = true
    assert.equal(reader.target().length, 64 * kib)
    lengthOf(mib).copy(shared)
    reader.received(4)
    assert.equal(reader.target().length, 64 * kib)
    budget.isTight = false
    assert.equal(reader.target().length, mib - 4)
  })

  it('refuses a bad length whose own bytes come in parts', () => {
    const world = newReader({ frameBytesMax: 1000 })
    world.deliver(lengthOf(1001).subarray(0, 3))
    assert.throws(() => world.deliver(lengthOf(1001).subarray(3)), FrameError)
  })

  it('takes at most a mebibyte for a length alone', () => {
    const world = newReader({ frameBytesMax: 100 * mib })
    world.deliver(lengthOf(100 * mib))
    assert.equal(world.slabs.lentBytes, mib)
  })

  it('at most doubles the memory of a large frame as its bytes arrive', () => {
    const world = newReader({ frameBytesMax: 100 * mib, sharedBytes: mib })
    world.deliver(lengthOf(10 * mib))
    let arrived = 4
    while (arrived < 9 * mib) {
      const part = Buffer.alloc(Math.min(world.reader.target().length, 100 * kib))
      world.deliver(part)
      arrived += part.length
      assert.ok(world.slabs.lentBytes <= Math.max(mib, 2 * arrived), `${world.slabs.lentBytes} for ${arrived}`)
    }
  })

  it('takes a frame that is larger than the shared buffer and fills it at the first read', () => {
    const world = newReader({ sharedBytes: mib, frameBytesMax: 4 * mib })
    const frame = framed('y'.repeat(mib))
    world.deliver(frame)
    assert.equal(world.frames[0]?.length, mib)
  })

  it('hands out nothing while stopped, and what waited when resumed', () => {
    const world = newReader()
    world.stopAfter(1)
    world.deliver(Buffer.concat([framed('one'), framed('two'), framed('three')]))
    assert.deepEqual(world.frames, ['one'])
    assert.equal(world.reader.isStopped, true)
    world.deliver(framed('four'))
    assert.deepEqual(world.frames, ['one'])
    world.stopAfter(2)
    world.reader.resume()
    assert.deepEqual(world.frames, ['one', 'two', 'three'])
    world.stopAfter(Infinity)
    world.reader.resume()
    assert.deepEqual(world.frames, ['one', 'two', 'three', 'four'])
    assert.equal(world.slabs.lentBytes, 0)
  })

  it('lets go of what waits when it is released', () => {
    const world = newReader()
    world.deliver(framed('never whole').subarray(0, 7))
    world.reader.release()
    assert.equal(world.reader.waitingBytes, 0)
    assert.equal(world.slabs.lentBytes, 0)
  })

  it('hands out what was sent, however it is cut and whenever it is stopped', () => {
    const size = fc.oneof(fc.nat(20), fc.nat(6000), fc.nat(400 * kib))
    const step = fc.oneof(
      {
        weight: 10,
        arbitrary: fc.record({
          kind: fc.constant('deliver' as const),
          bytes: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.nat(700 * kib)),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('stop' as const), bytes: fc.nat(3) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('resume' as const), bytes: fc.nat(5) }) },
    )
    fc.assert(
      fc.property(
        fc.array(size, { maxLength: 30 }),
        fc.array(step, { maxLength: 60 }),
        fc.boolean(),
        (sizes, steps, asksEarly) => {
          const sent = sizes.map((length, index) => String.fromCharCode(97 + (index % 26)).repeat(length))
          const world = newReader({ sharedBytes: 128 * kib, asksEarly })
          let rest = Buffer.concat(sent.map(framed))
          for (const { kind, bytes } of steps) {
            if (kind === 'stop') world.stopAfter(bytes)
            if (kind === 'stop' && bytes === 0) world.reader.stop()
            if (kind === 'resume') world.stopAfter(bytes === 0 ? Infinity : bytes)
            if (kind === 'resume') world.reader.resume()
            if (kind === 'deliver') rest = rest.subarray(world.deliver(rest.subarray(0, bytes)))
          }
          world.stopAfter(Infinity)
          world.reader.resume()
          while (rest.length > 0) rest = rest.subarray(world.deliver(rest))
          assert.equal(world.frames.length, sent.length)
          assert.deepEqual(world.frames, sent)
          assert.equal(world.slabs.lentBytes, 0)
          assert.equal(world.reader.waitingBytes, 0)
        },
      ),
      { numRuns: 300 },
    )
  })
})

interface ReaderWorld {
  readonly reader: FrameReader
  readonly slabs: SlabPool
  readonly shared: Buffer
  readonly frames: string[]
  readonly hasSlab: boolean[]
  /** Delivers as a socket does; returns how many bytes it took: at most one read's worth of a stopped connection. */
  deliver(bytes: Buffer): number
  stopAfter(frameCount: number): void
}

/** `asksEarly`: the target of a read is asked for right after the one before, as Node.js does. */
function newReader(options: { frameBytesMax?: number; sharedBytes?: number; asksEarly?: boolean } = {}): ReaderWorld {
  const slabs = new PoisonedPool()
  const shared = Buffer.alloc(options.sharedBytes ?? 64 * kib)
  const frames: string[] = []
  const hasSlab: boolean[] = []
  let framesUntilStop = Infinity
  const reader = new FrameReader({
    sink: {
      frame({ buffer, start, end, receivedEnd, slab }) {
        assert.ok(receivedEnd >= end)
        frames.push(buffer.toString('latin1', start, end))
        hasSlab.push(slab !== undefined)
        if (slab !== undefined) slabs.give(slab)
        return --framesUntilStop > 0
      },
      emptied: (slab) => slabs.give(slab),
    },
    frameBytesMax: options.frameBytesMax ?? 10 * mib,
    slabs,
    shared,
  })
  let early = options.asksEarly === true ? reader.target() : undefined
  const deliver = (bytes: Buffer): number => {
    let at = 0
    while (at < bytes.length) {
      const target = early ?? reader.target()
      assert.ok(target.length > 0, 'a target has room')
      // Others read into the shared buffer as well.
      shared.fill(0xdd)
      const part = bytes.subarray(at, at + target.length)
      target.set(part)
      at += part.length
      reader.received(part.length)
      if (options.asksEarly === true) early = reader.target()
      if (reader.isStopped) break
    }
    return at
  }
  return { reader, slabs, shared, frames, hasSlab, deliver, stopAfter: (frameCount) => (framesUntilStop = frameCount) }
}

/** What is given back is overwritten, so that a use after that shows. */
class PoisonedPool extends SlabPool {
  override give(slab: Buffer): void {
    slab.fill(0xee)
    super.give(slab)
  }
}

function framed(text: string): Buffer {
  return Buffer.concat([lengthOf(text.length), Buffer.from(text, 'latin1')])
}

function lengthOf(byteCount: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(byteCount)
  return length
}
