import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerHeartbeat, BrokerRegistration, errorCode, UnregisterBroker, type Api } from '@gregor/protocol'
import { simulatedEnvironment, type SimulatedEnvironment } from '@gregor/testkit/simulation'
import { BrokerFixture } from '../broker-fixture.ts'
import { BrokerLifecycle, BrokerRegistrationError } from './broker-lifecycle.ts'
import type { ControllerCalls } from './controller-calls.ts'

type Answer = Readonly<Record<string, unknown>> | Error

/** A controller that answers as the script says, each answer once; the last one for good. */
function lifecycleWith(environment: SimulatedEnvironment, script: { register: Answer[]; heartbeat: Answer[] }) {
  const asked: { readonly api: string; readonly request: Readonly<Record<string, unknown>> }[] = []
  const call = (api: Api, request: unknown): Promise<unknown> => {
    asked.push({ api: api.name, request: request as Readonly<Record<string, unknown>> })
    const answers = api.key === BrokerRegistration.key ? script.register : script.heartbeat
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
  const { clock, random, logger } = environment
  const lifecycle = new BrokerLifecycle({
    identity: {
      nodeId: 1,
      clusterId: 'cluster',
      rack: undefined,
      features: [{ name: 'metadata.version', min: 1, max: 30 }],
      directoryIds: () => ['directory'],
      offlineDirectoryIds: () => [],
      previousBrokerEpoch: 7,
    },
    calls: { call } as unknown as ControllerCalls,
    clock,
    random,
    logger,
    heartbeatIntervalMs: 2_000,
    sessionTimeoutMs: 9_000,
    registrationTimeoutMs: 60_000,
    metadataOffset: () => 5,
    whenPublished: () => Promise.resolve(),
  })
  return { lifecycle, asked }
}

const registered = { errorCode: 0, brokerEpoch: 5 }
const unfenced = { errorCode: 0, isFenced: false, isCaughtUp: true, shouldShutDown: false }
const done = { ...unfenced, shouldShutDown: true }
const listeners = [{ name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }]

describe('the life of a broker, as the controller sees it', () => {
  it('begins with a registration that names all there is to know, under the epoch of its last clean stop', async () => {
    const environment = simulatedEnvironment(1)
    const { lifecycle, asked } = lifecycleWith(environment, { register: [registered], heartbeat: [unfenced] })
    assert.deepEqual([lifecycle.state, lifecycle.epoch], ['starting', -1])
    await environment.time.run(lifecycle.register(listeners))
    assert.deepEqual([lifecycle.state, lifecycle.epoch], ['registered', 5])
    const request = asked[0]?.request ?? {}
    assert.deepEqual(
      [request['listeners'], request['logDirs'], request['previousBrokerEpoch']],
      [listeners, ['directory'], 7],
    )
  })

  it('waits while an earlier life of it is still thought to be alive', async () => {
    const environment = simulatedEnvironment(1)
    const taken = { errorCode: errorCode('DUPLICATE_BROKER_REGISTRATION'), brokerEpoch: -1 }
    const { lifecycle, asked } = lifecycleWith(environment, {
      register: [taken, taken, registered],
      heartbeat: [unfenced],
    })
    await environment.time.run(lifecycle.register(listeners))
    assert.equal(asked.length, 3)
  })

  it('ends before it began where the controller will not have it, and says what to do', async () => {
    const environment = simulatedEnvironment(1)
    const wrong = { errorCode: errorCode('INCONSISTENT_CLUSTER_ID'), brokerEpoch: -1 }
    const { lifecycle } = lifecycleWith(environment, { register: [wrong], heartbeat: [unfenced] })
    await assert.rejects(environment.time.run(lifecycle.register(listeners)), (error: unknown) => {
      assert.ok(error instanceof BrokerRegistrationError)
      assert.equal(error.error, 'INCONSISTENT_CLUSTER_ID')
      assert.match(error.message, /formatted for another cluster/)
      return true
    })
  })

  it('does not wait for ever', async () => {
    const environment = simulatedEnvironment(1)
    const taken = { errorCode: errorCode('DUPLICATE_BROKER_REGISTRATION'), brokerEpoch: -1 }
    const { lifecycle } = lifecycleWith(environment, { register: [taken], heartbeat: [unfenced] })
    await assert.rejects(environment.time.run(lifecycle.register(listeners)), /another id/)
    assert.ok(environment.time.nowMs >= 60_000 && environment.time.nowMs < 61_000)
  })

  it('goes on in heartbeats, also where one finds no controller', async () => {
    const environment = simulatedEnvironment(1)
    const fenced = { ...unfenced, isFenced: true }
    const heartbeat = [fenced, new Error('gone'), unfenced, unfenced, new Error('gone'), unfenced, done]
    const { lifecycle, asked } = lifecycleWith(environment, { register: [registered], heartbeat })
    await environment.time.run(lifecycle.register(listeners))
    await environment.time.run(lifecycle.unfence())
    assert.equal(lifecycle.state, 'running')
    await environment.time.advance(6_500)
    assert.equal(asked.filter(({ api }) => api === BrokerHeartbeat.name).length, 6)
    assert.equal(environment.logger.lines('warn').filter((line) => line.includes('found no controller')).length, 2)
    await environment.time.run(lifecycle.stop({ timeoutMs: 1_000 }))
    assert.equal(lifecycle.state, 'stopped')
  })

  it('begins anew where the controller has forgotten it', async () => {
    const environment = simulatedEnvironment(1)
    const forgotten = { errorCode: errorCode('STALE_BROKER_EPOCH'), isFenced: true }
    const again = { errorCode: 0, brokerEpoch: 9 }
    const script = { register: [registered, again], heartbeat: [unfenced, forgotten, unfenced] }
    const { lifecycle } = lifecycleWith(environment, script)
    await environment.time.run(lifecycle.register(listeners))
    await environment.time.run(lifecycle.unfence())
    await environment.time.advance(2_500)
    assert.deepEqual([lifecycle.state, lifecycle.epoch], ['running', 9])
  })

  it('ends when the controller lets it go, or when it has waited long enough', async () => {
    const environment = simulatedEnvironment(1)
    const { lifecycle } = lifecycleWith(environment, { register: [registered], heartbeat: [unfenced] })
    await environment.time.run(lifecycle.register(listeners))
    await environment.time.run(lifecycle.unfence())
    const startedMs = environment.time.nowMs
    await environment.time.run(lifecycle.stop({ timeoutMs: 1_000 }))
    const tookMs = environment.time.nowMs - startedMs
    assert.ok(tookMs >= 1_000 && tookMs < 1_100, `${tookMs}`)
    await environment.time.run(lifecycle.stop({ timeoutMs: 1_000 }))
    assert.equal(lifecycle.state, 'stopped')
  })

  it('ends at once where it never began', async () => {
    const environment = simulatedEnvironment(1)
    const { lifecycle, asked } = lifecycleWith(environment, { register: [registered], heartbeat: [unfenced] })
    await environment.time.run(lifecycle.stop({ timeoutMs: 1_000 }))
    assert.deepEqual([lifecycle.state, asked.length], ['stopped', 0])
  })

  it('takes the broker through a stop of its own after it was unregistered', async () => {
    await using fixture = await BrokerFixture.start()
    const epoch = fixture.broker.services.metadata.image.brokers.get(1)?.epoch ?? -1
    await fixture.call(UnregisterBroker, { brokerId: 1 })
    await fixture.advance(5_000)
    const broker = fixture.broker.services.metadata.image.brokers.get(1)
    assert.ok(broker !== undefined && broker.epoch > epoch && !broker.fenced)
  })
})
