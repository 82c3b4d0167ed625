import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigError } from '@gregor/config'
import { type Random, randomFromWords } from '@gregor/platform'
import { ApiVersions, Metadata, SaslAuthenticate, SaslHandshake } from '@gregor/protocol'
import { SimulatedWorld } from '@gregor/testkit/simulation'
import { ClosedError, ConnectionError, TimeoutError } from '@gregor/transport'
import { KafkaError } from '../errors.ts'
import { plain } from '../security/auth.ts'
import { SaslAuthenticator } from '../security/sasl-authenticator.ts'
import { openCluster } from './kafka-cluster.ts'
import { type ScriptedNodeOptions, ScriptedNode } from './scripted-node.ts'

const timing = {
  requestTimeoutMs: 2000,
  reconnectBackoffMs: 50,
  reconnectBackoffMaxMs: 200,
  socketConnectionSetupTimeoutMs: 1000,
  socketConnectionSetupTimeoutMaxMs: 2000,
  connectionsMaxIdleMs: 10_000,
  metadataMaxAgeMs: 5000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1000,
  metadataRecoveryStrategy: 'rebootstrap',
  metadataRecoveryRebootstrapTriggerMs: 5000,
} as const

/** What may become of a frame on its way to the client. */
const harms: readonly ((frame: Buffer, random: Random) => Buffer | 'close' | 'silence')[] = [
  (frame) => frame,
  () => 'close',
  () => 'silence',
  (frame, random) => frame.subarray(0, random.below(frame.length)),
  (frame, random) => withFlippedBytes(frame, random, 0),
  // Behind length and correlation id, so that it is the answer's own.
  (frame, random) => withFlippedBytes(frame, random, 8),
  (frame) => Buffer.concat([frame, frame]),
  (frame, random) => withInt32(frame, 0, random.uint32()),
  (frame, random) => withInt32(frame, 4, random.below(10)),
  (frame) => withInt32(frame.subarray(0, 8), 0, 4),
  () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
  () => Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]),
  (_, random) => Buffer.from(random.fill(new Uint8Array(1 + random.below(300)))),
]

function withFlippedBytes(frame: Buffer, random: Random, from: number): Buffer {
  const bytes = Buffer.from(frame)
  if (bytes.length <= from) return bytes
  for (let count = 1 + random.below(4); count > 0; count--)
    bytes[from + random.below(bytes.length - from)] = random.below(256)
  return bytes
}

function withInt32(frame: Buffer, at: number, value: number): Buffer {
  const bytes = Buffer.from(frame)
  bytes.writeUInt32BE(value, at)
  return bytes
}

function isExpected(error: unknown): boolean {
  return [KafkaError, ConnectionError, TimeoutError, ClosedError, ConfigError].some((type) => error instanceof type)
}

async function meet(seed: number): Promise<string> {
  const world = new SimulatedWorld({ seed })
  const { environment } = world.node('client')
  const random = randomFromWords(() => world.random.uint32())
  let isHostile = true
  const options: ScriptedNodeOptions = {
    network: world.node('n1').environment.network,
    port: 9092,
    harm: (frame) =>
      isHostile && random.below(3) === 0
        ? ((harms[random.below(harms.length)] ?? harms[0])?.(frame, random) ?? frame)
        : frame,
  }
  const node = await ScriptedNode.listen(options)
  node
    .on(Metadata, ({ topics }) => ({
      brokers: [{ nodeId: 1, host: 'n1', port: 9092 }],
      controllerId: 1,
      clusterId: 'c',
      topics: (topics ?? []).map(({ name }) => ({
        name,
        errorCode: 0,
        partitions: [
          {
            partitionIndex: 0,
            errorCode: 0,
            leaderId: 1,
            leaderEpoch: 0,
            replicaNodes: [1],
            isrNodes: [1],
            offlineReplicas: [],
          },
        ],
      })),
    }))
    .on(SaslHandshake, () => ({ errorCode: 0, mechanisms: ['PLAIN'] }))
    .on(SaslAuthenticate, () => ({ errorCode: 0, authBytes: Buffer.alloc(0), sessionLifetimeMs: 3000 }))
  const authenticator =
    random.below(2) === 0 ? undefined : new SaslAuthenticator({ environment, auth: plain('a', 'b') })
  const cluster = openCluster({ environment, bootstrapServers: ['n1:9092'], clientId: 'c', timing, authenticator })
  cluster.metadata.watch(['w'])
  let outcomes = ''
  for (let count = 0; count < 8; count++) {
    const calledAtMs = world.time.nowMs
    try {
      await world.time.run(cluster.metadata.refresh({ timeoutMs: 3000, topics: ['t'] }))
      outcomes += '+'
    } catch (error) {
      assert.ok(isExpected(error), `seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`)
      outcomes += '-'
    }
    assert.ok(world.time.nowMs - calledAtMs <= 3001, `seed ${seed}`)
    await world.time.advance(random.below(2000))
  }
  isHostile = false
  // What was broken may cost one connection more.
  await world.time.advance(5000)
  await world.time.run(cluster.metadata.refresh({ timeoutMs: 3000, topics: ['t'] }))
  assert.equal(cluster.metadata.topic('t')?.error, 'NONE', `seed ${seed}`)
  assert.equal(cluster.metadata.topic('w')?.error, 'NONE', `seed ${seed}`)
  await world.time.run(cluster.close())
  assert.ok(node.asked(ApiVersions).length >= 1)
  return outcomes
}

describe('a node that answers whatever it likes', () => {
  it('is an error of the kinds that are documented, in time, and no harm once it behaves', async () => {
    let all = ''
    for (let seed = 1; seed <= 40; seed++) all += await meet(seed)
    // Else nothing was tried.
    assert.ok(all.includes('+') && all.includes('-'))
  })
})
