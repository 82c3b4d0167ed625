import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteWriter } from '@gregor/base'
import { Host } from '@gregor/machine'
import type { HostBatch, HostLog } from '@gregor/machine'
import { configOf, recordsFromImage } from '@gregor/metadata'
import type { MetadataImage } from '@gregor/metadata'
import {
  apis,
  CreateTopics,
  decodeMetadataRecord,
  decodeResponse,
  encodeRequest,
  errorName,
  Metadata,
} from '@gregor/protocol'
import type { MetadataRecordInput } from '@gregor/protocol'
import { allAllowed, allowing, bootstrapRecords, Cluster, idOf } from './cluster-fixture.ts'
import type { ControllerEvent, ControllerReply } from './controller-machine.ts'
import type { ControllerEffect } from './controller-options.ts'
import { bytesFromReply, eventFromRequest, isServed } from './controller-requests.ts'
import { controllerHandlers } from './handlers.ts'
import { proveRecords } from './proven-record.ts'
import type { ProvenRecord } from './proven-record.ts'

describe('Activation', () => {
  it('gives an empty log what a cluster begins with, in one transaction', () => {
    const cluster = Cluster.active()
    assert.deepEqual(cluster.records, [
      { type: 'BeginTransactionRecord', version: 0, name: 'Bootstrap records' },
      ...bootstrapRecords.map((record) => ({ ...record, version: 0 })),
      { type: 'ConfigRecord', version: 0, resourceType: 4, resourceName: '', name: 'min.insync.replicas', value: '1' },
      { type: 'EndTransactionRecord', version: 0 },
    ])
    cluster.checkReplay()
  })

  it('takes min.insync.replicas from the file, and leaves it alone without ELR', () => {
    const minIsrOf = (cluster: Cluster) => configOf(cluster.image, { type: 4, name: '' }).get('min.insync.replicas')
    assert.equal(minIsrOf(Cluster.active({ properties: { 'min.insync.replicas': '2' } })), '2')
    assert.equal(minIsrOf(Cluster.active({ bootstrapRecords: bootstrapRecords.slice(0, 1) })), undefined)
  })

  it('writes the first records without a transaction before there were any', () => {
    const old: MetadataRecordInput = { type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 12 }
    assert.deepEqual(Cluster.active({ bootstrapRecords: [old] }).records, [{ ...old, version: 0 }])
  })

  it('of a log that has begun writes nothing', () => {
    const cluster = Cluster.active()
    cluster.activate()
    assert.deepEqual(cluster.records, [])
  })

  it('ends the transaction that another controller left open, and with it what stood in it', () => {
    const cluster = Cluster.active()
    cluster.replay(
      { type: 'BeginTransactionRecord', name: null },
      { type: 'TopicRecord', name: 'half', topicId: idOf(1) },
    )
    cluster.activate()
    assert.deepEqual(cluster.records, [{ type: 'AbortTransactionRecord', version: 0, reason: 'Controller failover' }])
    assert.equal(cluster.image.topics.byName.size, 0)
    cluster.checkReplay()
  })

  it('begins anew where the first records themselves were cut short', () => {
    const cluster = new Cluster()
    cluster.replay({ type: 'BeginTransactionRecord', name: null })
    cluster.activate()
    assert.deepEqual(
      cluster.records.slice(0, 2).map(({ type }) => type),
      ['AbortTransactionRecord', 'BeginTransactionRecord'],
    )
    assert.equal(cluster.image.features.metadataVersion, 30)
    cluster.checkReplay()
  })

  it('sets the timers; those of an earlier activation are stale', () => {
    const cluster = Cluster.active()
    assert.deepEqual(
      cluster.effects.map((effect) => [effect.key, 'delayMs' in effect && effect.delayMs]),
      [
        ['FenceStaleBroker', 1_125],
        ['ElectPreferred', 300_000],
        ['ElectUnclean', 300_000],
        ['WriteNoOp', 500],
      ],
    )
    cluster.activate()
    cluster.tick('WriteNoOp', 1)
    assert.deepEqual([cluster.records, cluster.effects], [[], []])
    cluster.tick('WriteNoOp', 2)
    assert.deepEqual(
      cluster.records.map(({ type }) => type),
      ['NoOpRecord'],
    )
    assert.deepEqual(cluster.effects, [{ type: 'SetTimer', key: 'WriteNoOp', delayMs: 500, generation: 2 }])
  })

  it('writes no idle records where it is told not to', () => {
    const { effects } = Cluster.active({ properties: { 'metadata.max.idle.interval.ms': '0' } })
    assert.equal(
      effects.some(({ key }) => key === 'WriteNoOp'),
      false,
    )
  })
})

describe('A standby', () => {
  it('takes over a snapshot in place of what it had, and leads on from there', () => {
    const leader = Cluster.withBrokers([1, 2])
    leader.addTopic('t', [[1, 2]])
    const standby = new Cluster()
    standby.replay({ type: 'TopicRecord', name: 'gone', topicId: idOf(7) })
    standby.machine.restore(leader.image)
    assert.deepEqual([...standby.image.topics.byName.keys()], ['t'])
    standby.log.push(...leader.log)
    standby.activate()
    assert.equal(standby.heartbeat(1).isFenced, false)
  })
})

describe('Rolling back', () => {
  it('goes to the mark at or below the offset, whatever was decided since', () => {
    const cluster = Cluster.withBrokers([1])
    const { machine } = cluster
    const states: { offset: number; image: MetadataImage }[] = []
    for (const name of ['a', 'b', 'c']) {
      machine.mark(cluster.log.length)
      states.push({ offset: cluster.log.length, image: machine.image })
      cluster.addTopic(name, [[1]])
    }
    const [first, second] = states
    assert.ok(first && second)
    machine.rollbackTo(second.offset + 1)
    assert.equal(machine.image, second.image)
    machine.forgetMarksBelow(second.offset)
    assert.throws(() => machine.rollbackTo(first.offset), RangeError)
    machine.rollbackTo(second.offset)
    assert.deepEqual([...machine.image.topics.byName.keys()], ['a'])
  })
})

describe('Every handler', () => {
  it('is listed once, in key order, for APIs of the controller', () => {
    const keys = controllerHandlers.map(({ api }) => api.key)
    assert.deepEqual(
      keys,
      [...new Set(keys)].toSorted((a, b) => a - b),
    )
    assert.ok(controllerHandlers.every(({ api }) => api.listeners.includes('controller')))
  })

  for (const { api, clusterOperation } of controllerHandlers) {
    for (let version = api.versions.min; version <= api.versions.max; version++) {
      it(`answers ${api.name} in version ${version}, also with a refusal`, () => {
        const cluster = Cluster.withBrokers([1])
        const request = smallestRequests[api.name] ?? {}
        const answer = cluster.request(api, request, { version })
        const refused = cluster.request(api, request, { version, context: allowing() })
        assert.ok(answer)
        if (clusterOperation !== undefined) assert.match(JSON.stringify(refused), /:31\b/)
      })
    }
  }

  it('is told apart from what the controller does not serve', () => {
    assert.equal(isServed(CreateTopics.key, 7), true)
    assert.equal(isServed(CreateTopics.key, 8), false)
    assert.equal(isServed(Metadata.key, 1), false)
    const event: ControllerEvent = { type: 'Request', apiKey: 3, apiVersion: 1, request: {}, context: allAllowed }
    const { machine, given } = Cluster.active()
    assert.throws(() => machine.handle(event, given), { name: 'InvariantViolation' })
    assert.throws(() => eventFromRequest({ apiKey: 999, apiVersion: 0, body: Buffer.alloc(0) }, allAllowed), RangeError)
    assert.equal(
      apis.some(({ key }) => key === 999),
      false,
    )
  })
})

/** What a request needs at least; entries that a refusal has something to say about. */
const smallestRequests: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  CreateAcls: {
    creations: [
      { resourceType: 2, resourceName: 't', principal: 'User:a', host: '*', operation: 3, permissionType: 3 },
    ],
  },
  DeleteAcls: {
    filters: [
      {
        resourceTypeFilter: 1,
        resourceNameFilter: null,
        principalFilter: null,
        hostFilter: null,
        operation: 1,
        permissionType: 1,
      },
    ],
  },
  CreateTopics: { topics: [] },
  DeleteTopics: { timeoutMs: 1 },
  AlterConfigs: { resources: [], validateOnly: false },
  CreatePartitions: { topics: [], timeoutMs: 1, validateOnly: false },
  ElectLeaders: { topicPartitions: [{ topic: 't', partitions: [0] }] },
  IncrementalAlterConfigs: { resources: [], validateOnly: false },
  AlterPartitionReassignments: { topics: [] },
  AlterClientQuotas: { entries: [{ entity: [{ entityType: 'user', entityName: 'a' }], ops: [] }], validateOnly: false },
  AlterUserScramCredentials: { deletions: [{ name: 'a', mechanism: 1 }], upsertions: [] },
  AlterPartition: { brokerId: 1, topics: [] },
  UpdateFeatures: { featureUpdates: [] },
  BrokerRegistration: { brokerId: 1, clusterId: '', incarnationId: idOf(1), listeners: [], features: [], rack: null },
  BrokerHeartbeat: { brokerId: 1, currentMetadataOffset: 0, wantFence: false, wantShutDown: false },
  UnregisterBroker: { brokerId: 9 },
  AllocateProducerIds: { brokerId: 1 },
  ControllerRegistration: {
    controllerId: 1,
    incarnationId: idOf(1),
    zkMigrationReady: false,
    listeners: [],
    features: [],
  },
  AssignReplicasToDirs: { brokerId: 1, directories: [] },
}

describe('M3: a record', () => {
  const { image } = Cluster.withBrokers([1])

  it('is proven by being encoded, decoded and accepted by the image', () => {
    const [proven] = proveRecords([{ type: 'TopicRecord', name: 't', topicId: idOf(1) }], image)
    assert.deepEqual(proven?.record, { type: 'TopicRecord', version: 0, name: 't', topicId: idOf(1) })
    assert.deepEqual(decodeMetadataRecord(proven.bytes), proven.record)
  })

  it('that the image does not accept is never written', () => {
    assert.throws(() => proveRecords([{ type: 'RemoveTopicRecord', topicId: idOf(1) }], image), {
      name: 'InvariantViolation',
      message: /^the image does not accept a RemoveTopicRecord/,
    })
  })

  it('that cannot be encoded under this metadata.version is never written', () => {
    const old = Cluster.active({
      bootstrapRecords: [{ type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 16 }],
    })
    const change: MetadataRecordInput = {
      type: 'BrokerRegistrationChangeRecord',
      version: 0,
      brokerId: 1,
      brokerEpoch: 1,
      logDirs: [idOf(1)],
    }
    assert.throws(() => proveRecords([change], old.image))
  })
})

class MemoryLog implements HostLog<ProvenRecord> {
  readonly records: ProvenRecord[] = []
  readonly epoch = 1
  committedOffset = 0

  get endOffset(): number {
    return this.records.length
  }

  append({ records }: HostBatch<ProvenRecord>) {
    const baseOffset = this.records.length
    this.records.push(...records)
    return { baseOffset, lastOffset: this.records.length - 1 }
  }
}

describe('Over a host', () => {
  function hosted() {
    const log = new MemoryLog()
    const { machine, given } = new Cluster()
    const host = new Host<ControllerEvent, ProvenRecord, ControllerReply, ControllerEffect>({
      log,
      clock: { wallMs: () => 1, monotonicMs: () => 1, schedule: () => ({ cancel: () => undefined }) },
      random: given.random,
      perform: () => undefined,
      onFailure: () => undefined,
      firstEvent: { type: 'Activate' },
    })
    host.start(machine)
    const commit = () => {
      log.committedOffset = log.endOffset
      host.committed()
    }
    const create = (name: string) => {
      const writer = new ByteWriter()
      const topics = [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
      encodeRequest(CreateTopics, 7, { topics }, writer)
      return host.submit(eventFromRequest({ apiKey: 19, apiVersion: 7, body: writer.toBuffer() }, allAllowed))
    }
    return { host, log, machine, commit, create }
  }

  it('M4: answers only what is committed', async () => {
    const { host, commit, create } = hosted()
    const reply = create('t')
    assert.equal(host.heldCount, 2)
    commit()
    const answer = await reply
    assert.ok(answer)
    const { topics } = decodeResponse(CreateTopics, 7, new ByteReader(bytesFromReply(answer)))
    assert.equal(errorName(topics[0]?.errorCode ?? 0), 'INVALID_REPLICATION_FACTOR')
  })

  it('goes back to what is committed when leadership is lost, and begins anew', async () => {
    const { host, log, machine, commit, create } = hosted()
    commit()
    const before = [...recordsFromImage(machine.image)]
    machine.apply(
      {
        record: decodeMetadataRecord(
          proveRecords([{ type: 'TopicRecord', name: 'x', topicId: idOf(1) }], machine.image)[0]?.bytes ??
            Buffer.alloc(0),
        ),
      },
      log.endOffset,
    )
    const lost = create('t')
    host.failed(new Error('another controller leads'))
    await assert.rejects(lost, { reason: 'failed' }).catch(() => undefined)
    assert.deepEqual([...recordsFromImage(machine.image)], before)
    log.records.length = log.committedOffset
    host.start(machine)
    assert.equal(log.endOffset, log.committedOffset)
  })
})

describe('Whatever happens', () => {
  const step = fc.record({
    what: fc.constantFrom(
      'fence',
      'unfence',
      'restart',
      'crash',
      'shutDown',
      'isr',
      'move',
      'elect',
      'topic',
      'remove',
      'minIsr',
      'unregister',
    ),
    broker: fc.integer({ min: 1, max: 4 }),
    more: fc.nat(100),
  })

  it('M1, M6, M7: replay gives the image, epochs only grow, ISR and ELR stay sound', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { maxLength: 60 }), (isElrEnabled, steps) => {
        const history = new History(isElrEnabled)
        for (const { what, broker, more } of steps) history.take(what, broker, more)
        history.cluster.checkReplay()
      }),
      { numRuns: 60 },
    )
  })
})

/** Takes random steps, and looks at everything after each. */
class History {
  readonly cluster: Cluster
  readonly #isElrEnabled: boolean
  #nextId = 1_000
  #epochs = new Map<string, number>()

  constructor(isElrEnabled: boolean) {
    const records = isElrEnabled ? bootstrapRecords : bootstrapRecords.slice(0, 1)
    this.cluster = Cluster.withBrokers([1, 2, 3, 4], { bootstrapRecords: records })
    this.#isElrEnabled = isElrEnabled
    this.cluster.addTopic(
      't0',
      [
        [1, 2, 3],
        [2, 3, 4],
        [3, 4, 1],
      ],
      { 'min.insync.replicas': '2' },
    )
    this.cluster.addTopic(
      't1',
      [
        [4, 1],
        [1, 2],
      ],
      { 'unclean.leader.election.enable': 'true' },
    )
  }

  take(what: string, broker: number, more: number): void {
    const { cluster } = this
    const isThere = cluster.image.brokers.has(broker)
    if (what === 'restart' || what === 'crash' || !isThere) this.#restart(broker, what === 'restart')
    else if (what === 'fence') cluster.heartbeat(broker, { wantFence: true })
    else if (what === 'unfence') cluster.heartbeat(broker, { currentMetadataOffset: cluster.log.length })
    else if (what === 'shutDown') cluster.heartbeat(broker, { wantShutDown: true })
    else if (what === 'minIsr') cluster.setTopicConfig('t0', 'min.insync.replicas', String(1 + (more % 3)))
    else this.#onPartition(what, broker, more)
    this.#check()
  }

  #restart(broker: number, isClean: boolean): void {
    const { cluster } = this
    cluster.nowMs += 10_000
    const previousBrokerEpoch = isClean ? (cluster.image.brokers.get(broker)?.epoch ?? -1) : -1
    cluster.register(broker, { incarnationId: idOf(this.#nextId++), previousBrokerEpoch })
  }

  #onPartition(what: string, broker: number, more: number): void {
    const { cluster } = this
    const [name, partitionId] = more % 2 === 0 ? ['t0', more % 3] : ['t1', more % 2]
    const { leader, isr, replicas } = cluster.partition(name, partitionId)
    const isActive = (id: number) => {
      const one = cluster.image.brokers.get(id)
      return one !== undefined && !one.fenced && !one.inControlledShutdown
    }
    if (what === 'isr' && leader !== -1) {
      const wanted = replicas.filter((id) => id === leader || (isActive(id) && (id !== broker || isr.includes(id))))
      if (isActive(leader)) cluster.inSync(name, partitionId, wanted)
    } else if (what === 'move') {
      const target = [1, 2, 3, 4].filter((id) => cluster.image.brokers.has(id) && id !== broker).slice(more % 2)
      cluster.reassign(name, partitionId, more % 7 === 0 ? null : target)
    } else if (what === 'elect') {
      cluster.tick(more % 2 === 0 ? 'ElectPreferred' : 'ElectUnclean')
    } else if (what === 'unregister' && more % 4 === 0) {
      cluster.unregister(broker)
    }
  }

  #check(): void {
    for (const { id, partitions } of this.cluster.image.topics.byId.values()) {
      for (const [partitionId, partition] of partitions.entries()) {
        const { isr, elr, replicas, leader, directories } = partition
        const told = `${JSON.stringify(partition)} after ${JSON.stringify(this.cluster.records)}`
        assert.ok(
          [...isr, ...elr].every((one) => replicas.includes(one)),
          `within the replicas: ${told}`,
        )
        assert.ok(
          isr.every((one) => !elr.includes(one)),
          `ISR and ELR apart: ${told}`,
        )
        assert.ok(leader === -1 || isr.includes(leader), `the leader is in sync: ${told}`)
        assert.ok(
          leader === -1 || this.cluster.image.brokers.get(leader)?.fenced === false,
          `the leader is up: ${told}`,
        )
        // Without ELR the last member of the ISR stays, though it is down and leads no more.
        const isLastMember = !this.#isElrEnabled && isr.length === 1 && leader === -1
        const areAllUp = isr.every((one) => this.cluster.image.brokers.get(one)?.fenced === false)
        assert.ok(areAllUp || isLastMember, `nobody fenced is in sync: ${told}`)
        assert.ok(isr.length > 0 || this.#isElrEnabled, `an ISR: ${told}`)
        assert.equal(directories.length, replicas.length)
        this.#grows(`${id} ${partitionId} leader`, partition.leaderEpoch)
        this.#grows(`${id} ${partitionId} partition`, partition.partitionEpoch)
      }
    }
    for (const { id, epoch } of this.cluster.image.brokers.values()) this.#grows(`broker ${id}`, epoch)
  }

  #grows(what: string, epoch: number): void {
    assert.ok(epoch >= (this.#epochs.get(what) ?? -1), `the epoch of ${what} goes back`)
    this.#epochs.set(what, epoch)
  }
}
