import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Heartbeat, Metadata, SaslAuthenticate, SaslHandshake } from '@gregor/protocol'
import { SimulatedWorld } from '@gregor/testkit/simulation'
import type { Cluster } from '../cluster/cluster.ts'
import { openCluster } from '../cluster/kafka-cluster.ts'
import { ScriptedNode } from '../cluster/scripted-node.ts'
import { type Auth, delegationToken, oauthBearer, plain, scram } from './auth.ts'
import { SaslAuthenticator } from './sasl-authenticator.ts'

const timing = {
  requestTimeoutMs: 30_000,
  reconnectBackoffMs: 50,
  reconnectBackoffMaxMs: 1000,
  socketConnectionSetupTimeoutMs: 10_000,
  socketConnectionSetupTimeoutMaxMs: 30_000,
  connectionsMaxIdleMs: -1,
  metadataMaxAgeMs: 3_000_000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1000,
  metadataRecoveryStrategy: 'none',
  metadataRecoveryRebootstrapTriggerMs: 300_000,
} as const
const options = { timeoutMs: 5000 }
const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' }

class Place {
  readonly world = new SimulatedWorld({ seed: 1 })
  readonly tokens: string[] = []
  node: ScriptedNode | undefined
  cluster: Cluster | undefined

  static async open(auth: Auth): Promise<Place> {
    const place = new Place()
    const { network } = place.world.node('n1').environment
    place.node = await ScriptedNode.listen({ network, port: 9092 })
    place.node
      .on(SaslHandshake, () => ({ errorCode: 0, mechanisms: [auth.mechanism] }))
      .on(SaslAuthenticate, ({ authBytes }) => place.answer(authBytes.toString()))
      .on(Metadata, () => ({
        brokers: [{ nodeId: 1, host: 'n1', port: 9092 }],
        clusterId: 'c',
        controllerId: 1,
        topics: [],
      }))
      .on(Heartbeat, () => ({ errorCode: 0 }))
    const { environment } = place.world.node('client')
    const authenticator = new SaslAuthenticator({ environment, auth })
    place.cluster = openCluster({ environment, bootstrapServers: ['n1:9092'], clientId: 'c', timing, authenticator })
    return place
  }

  sessionLifetimeMs = 0
  reply: (token: string) => { errorCode?: number; errorMessage?: string; authBytes?: string } = () => ({})

  answer(token: string): {
    errorCode: number
    errorMessage: string | null
    authBytes: Buffer
    sessionLifetimeMs: number
  } {
    this.tokens.push(token)
    const { errorCode = 0, errorMessage = null, authBytes = '' } = this.reply(token)
    return { errorCode, errorMessage, authBytes: Buffer.from(authBytes), sessionLifetimeMs: this.sessionLifetimeMs }
  }

  refresh(): Promise<void> {
    return this.world.time.run(this.cluster?.metadata.refresh(options) ?? Promise.resolve())
  }

  /** The APIs that were asked for, in order. */
  get asked(): readonly string[] {
    return this.node?.requests.map(({ api }) => api.name) ?? []
  }
}

describe('authentication', () => {
  it('comes behind the versions and before everything else', async () => {
    const place = await Place.open(plain('alice', 'secret'))
    await place.refresh()
    assert.deepEqual(place.asked, ['ApiVersions', 'SaslHandshake', 'SaslAuthenticate', 'Metadata'])
    assert.deepEqual(place.tokens, ['\0alice\0secret'])
  })

  it('asks for the credentials anew for each connection', async () => {
    let password = 'old'
    const place = await Place.open({ mechanism: 'PLAIN', credentials: () => ({ username: 'a', password }) })
    await place.refresh()
    place.node?.closeConnections()
    password = 'new'
    await place.world.time.advance(10)
    await place.refresh()
    assert.deepEqual(place.tokens, ['\0a\0old', '\0a\0new'])
  })

  it('is refused with what the node says, and is not tried again by itself', async () => {
    const place = await Place.open(plain('alice', 'wrong'))
    place.reply = () => ({ errorCode: 58, errorMessage: 'Authentication failed' })
    await assert.rejects(place.refresh(), {
      name: 'AuthenticationError',
      code: 'SASL_AUTHENTICATION_FAILED',
      retriable: false,
      message: 'n1:9092 refused who we are: Authentication failed',
    })
    assert.equal(place.tokens.length, 1)
  })

  it('says which mechanisms there are, where it is not among them', async () => {
    const place = await Place.open(plain('alice', 'secret'))
    place.node?.on(SaslHandshake, () => ({ errorCode: 33, mechanisms: ['SCRAM-SHA-256', 'GSSAPI'] }))
    await assert.rejects(place.refresh(), { message: /n1:9092 does not do PLAIN; it has: SCRAM-SHA-256, GSSAPI\./ })
    place.node?.on(SaslHandshake, () => ({ errorCode: 33, mechanisms: [] }))
    await assert.rejects(place.refresh(), { message: /it has: none/ })
  })

  it('says that it is not wanted', async () => {
    const place = await Place.open(plain('alice', 'secret'))
    place.node?.on(SaslHandshake, () => ({ errorCode: 34, mechanisms: [] }))
    await assert.rejects(place.refresh(), { name: 'AuthenticationError', message: /wants no SASL on this port/ })
    place.node?.on(SaslHandshake, () => ({ errorCode: 56, mechanisms: [] }))
    await assert.rejects(place.refresh(), { name: 'KafkaError', code: 'KAFKA_STORAGE_ERROR' })
  })

  it('says that the program could not supply what is needed', async () => {
    const place = await Place.open(oauthBearer(() => Promise.reject(new Error('the provider is down'))))
    await assert.rejects(place.refresh(), {
      name: 'AuthenticationError',
      message: 'OAUTHBEARER: a token could not be had: the provider is down',
    })
  })

  it('ends where a server does not prove who it is', async () => {
    const place = await Place.open(scram('alice', 'secret', 'SCRAM-SHA-256'))
    place.reply = (token) => {
      const nonce = /r=([^,]*)/.exec(token)?.[1] ?? ''
      return { authBytes: token.startsWith('n,,') ? `r=${nonce}abc,s=c2FsdA==,i=4096` : 'v=c3R1ZmY=' }
    }
    await assert.rejects(place.refresh(), {
      name: 'AuthenticationError',
      message: /^n1:9092, SCRAM-SHA-256: the server does not know the password/,
    })
    place.reply = () => ({})
    await assert.rejects(place.refresh(), { message: /what is no first message of SCRAM/ })
  })

  it('marks a delegation token', async () => {
    const place = await Place.open(delegationToken('id', 'hmac', 'SCRAM-SHA-512'))
    await assert.rejects(place.refresh())
    assert.match(place.tokens[0] ?? '', /^n,,n=id,r=[\w-]{32},tokenauth=true$/)
  })

  it('is given up in time where the node says nothing', async () => {
    const place = await Place.open(plain('alice', 'secret'))
    place.node?.on(SaslAuthenticate, () => 'silence')
    const failed = assert.rejects(place.cluster?.metadata.refresh({ timeoutMs: 60_000 }) ?? Promise.resolve(), {
      name: 'TimeoutError',
    })
    await place.world.time.run(failed)
    assert.ok(place.world.time.nowMs < 15_000)
  })
})

describe('an OAuth token', () => {
  it('is kept for four fifths of its life', async () => {
    let count = 0
    const place = await Place.open(
      oauthBearer(() => ({
        value: `t${++count}`,
        expiresAtMs: place.world.node('client').environment.clock.wallMs() + 100_000,
      })),
    )
    await place.refresh()
    for (const afterMs of [70_000, 20_000]) {
      await place.world.time.advance(afterMs)
      place.node?.closeConnections()
      await place.world.time.advance(10)
      await place.refresh()
    }
    assert.deepEqual(
      place.tokens.map((token) => /Bearer (\w+)/.exec(token)?.[1]),
      ['t1', 't1', 't2'],
    )
  })

  it('is another one after it was refused', async () => {
    let count = 0
    const place = await Place.open(oauthBearer(() => ({ value: `t${++count}`, expiresAtMs: Number.MAX_SAFE_INTEGER })))
    place.reply = (token) => (token.includes('t1') ? { authBytes: '{"status":"invalid_token"}' } : {})
    await assert.rejects(place.refresh(), { message: /ended the exchange before it proved/ })
    await place.refresh()
    assert.deepEqual(
      place.tokens.map((token) => /Bearer (\w+)/.exec(token)?.[1] ?? token),
      ['t1', '\x01', 't2'],
    )
  })
})

describe('a session that ends', () => {
  it('is renewed on its connection before that, while requests wait in order', async () => {
    const place = await Place.open(plain('alice', 'secret'))
    place.sessionLifetimeMs = 10_000
    await place.refresh()
    const { time } = place.world
    let sentCount = 0
    const sent: Promise<unknown>[] = []
    for (; time.nowMs < 60_000; sentCount++) {
      const request = { ...heartbeat, generationId: sentCount }
      sent.push(place.cluster?.send(1, Heartbeat, request, options) ?? Promise.resolve())
      await time.advance(100)
    }
    await time.run(Promise.all(sent))
    const generations = place.node?.asked(Heartbeat).map(({ request }) => (request as typeof heartbeat).generationId)
    assert.deepEqual(
      generations,
      Array.from({ length: sentCount }, (_, index) => index),
    )
    assert.equal(place.node?.connectionCount, 1)
    // Every 8.5 to 9.5 s.
    assert.equal(place.tokens.length, 7)
    assert.equal(place.node?.asked(SaslHandshake).length, 7)
  })

  it('ends its connection where the renewal is refused', async () => {
    const place = await Place.open(plain('alice', 'secret'))
    place.sessionLifetimeMs = 10_000
    await place.refresh()
    place.reply = () => ({ errorCode: 58, errorMessage: 'not any more' })
    await place.world.time.advance(9600)
    assert.equal(place.node?.openCount, 0)
    await assert.rejects(place.refresh(), { name: 'AuthenticationError', message: /not any more/ })
    place.reply = () => ({})
    await place.refresh()
  })
})
