import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader, ByteWriter } from '@gregor/base'
import { lineFrom, retell } from '@gregor/machine'
import type { TimerFired, TranscriptLine } from '@gregor/machine'
import { apis, decodeResponse, encodeRequest } from '@gregor/protocol'
import { allAllowed, Cluster, idOf, registrationOf } from './cluster-fixture.ts'
import type { ControllerEvent } from './controller-machine.ts'
import { bytesFromReply, eventFromRequest } from './controller-requests.ts'

/** A broker's life and a topic's, told as a dialogue. Nulls, empty lists and zeros are left out. */
const text = `
# A new cluster.
@ 1000
> Activate
+ BeginTransactionRecord name="Bootstrap records"
+ FeatureLevelRecord name=metadata.version featureLevel=30
+ FeatureLevelRecord name=eligible.leader.replicas.version featureLevel=1
+ FeatureLevelRecord name=group.version featureLevel=1
+ ConfigRecord resourceType=4 name=min.insync.replicas value="1"
+ EndTransactionRecord
! SetTimer key=FenceStaleBroker delayMs=1125 generation=1
! SetTimer key=ElectPreferred delayMs=300000 generation=1
! SetTimer key=ElectUnclean delayMs=300000 generation=1
! SetTimer key=WriteNoOp delayMs=500 generation=1

# Its first broker registers, catches up, and is let in.
> BrokerRegistration brokerId=1
+ RegisterBrokerRecord brokerId=1 brokerEpoch=6 fenced=true
< BrokerRegistration brokerEpoch=6
> BrokerHeartbeat brokerId=1 brokerEpoch=6 currentMetadataOffset=5 wantFence=true
< BrokerHeartbeat isFenced=true
> BrokerHeartbeat brokerId=1 brokerEpoch=6 currentMetadataOffset=6
+ BrokerRegistrationChangeRecord brokerId=1 brokerEpoch=6 fenced=-1
< BrokerHeartbeat isCaughtUp=true

# A topic, and a block of producer ids.
> CreateTopics {"topics":[{"name":"orders","numPartitions":1,"replicationFactor":1,"assignments":[],"configs":[]}]}
+ TopicRecord name=orders
+ PartitionRecord replicas=[1] isr=[1] leader=1
< CreateTopics
> AllocateProducerIds brokerId=1 brokerEpoch=6
+ ProducerIdsRecord brokerId=1 brokerEpoch=6 nextProducerId=1000
< AllocateProducerIds producerIdLen=1000

# The broker falls silent for longer than a session.
@ 9999
> TimerFired key=FenceStaleBroker generation=1
! SetTimer key=FenceStaleBroker delayMs=1125 generation=1
@ 10001
> TimerFired key=FenceStaleBroker generation=1
+ PartitionChangeRecord leader=-1 eligibleLeaderReplicas=[1] lastKnownElr=[1]
+ BrokerRegistrationChangeRecord brokerId=1 brokerEpoch=6 fenced=1
! SetTimer key=FenceStaleBroker generation=1

# It was only slow: it is let in again, with the epoch it had, and leads again.
> BrokerHeartbeat brokerId=1 brokerEpoch=6 currentMetadataOffset=12
+ BrokerRegistrationChangeRecord brokerId=1 brokerEpoch=6 fenced=-1
+ PartitionChangeRecord isr=[1] leader=1
< BrokerHeartbeat isCaughtUp=true

# It shuts down; there is nobody to wait for.
> BrokerHeartbeat brokerId=1 brokerEpoch=6 currentMetadataOffset=14 wantShutDown=true
+ BrokerRegistrationChangeRecord brokerId=1 brokerEpoch=6 inControlledShutdown=1
+ PartitionChangeRecord leader=-1 eligibleLeaderReplicas=[1] lastKnownElr=[1]
< BrokerHeartbeat isCaughtUp=true
> BrokerHeartbeat brokerId=1 brokerEpoch=6 currentMetadataOffset=16 wantShutDown=true
+ BrokerRegistrationChangeRecord brokerId=1 brokerEpoch=6 fenced=1
< BrokerHeartbeat isCaughtUp=true isFenced=true shouldShutDown=true

# Started anew after an orderly end, it is a new incarnation, still eligible, and leads.
> BrokerRegistration {"brokerId":1,"incarnationId":"${idOf(77)}","previousBrokerEpoch":6}
+ RegisterBrokerRecord brokerId=1 brokerEpoch=18 fenced=true
< BrokerRegistration brokerEpoch=18
> BrokerHeartbeat brokerId=1 brokerEpoch=18 currentMetadataOffset=18
+ BrokerRegistrationChangeRecord brokerId=1 brokerEpoch=18 fenced=-1
+ PartitionChangeRecord isr=[1] leader=1
< BrokerHeartbeat isCaughtUp=true`

const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  BrokerRegistration: { ...registrationOf(1) },
  BrokerHeartbeat: { wantFence: false, wantShutDown: false },
}

function eventFrom({ type, ...rest }: TranscriptLine): ControllerEvent | TimerFired {
  if (type === 'Activate') return { type }
  if (type === 'TimerFired') return { type, key: String(rest['key']), generation: Number(rest['generation']) }
  const api = apis.find(({ name }) => name === type)
  assert.ok(api, `an API is named ${type}`)
  const writer = new ByteWriter()
  encodeRequest(api, api.versions.max, { ...defaults[type], ...rest }, writer)
  return eventFromRequest({ apiKey: api.key, apiVersion: api.versions.max, body: writer.toBuffer() }, allAllowed)
}

/** What is worth reading of a record, a reply or an effect. */
function write(value: object): string {
  if ('bytes' in value && 'record' in value) return lineFrom(withoutBlanks(value.record as object))
  if (!('apiKey' in value)) return lineFrom(withoutBlanks(value))
  const reply = value as Parameters<typeof bytesFromReply>[0]
  const api = apis.find(({ key }) => key === reply.apiKey)
  assert.ok(api)
  const { topics: _, ...response } = decodeResponse(
    api,
    reply.apiVersion,
    new ByteReader(bytesFromReply(reply)),
  ) as Record<string, unknown>
  return lineFrom({ type: api.name, ...withoutBlanks(response) })
}

const left = [
  'version',
  'topicId',
  'incarnationId',
  'endPoints',
  'features',
  'logDirs',
  'directories',
  'leaderRecoveryState',
]

function withoutBlanks(value: object): object {
  const isBlank = (field: unknown) =>
    field === null || field === '' || field === 0 || field === false || (Array.isArray(field) && field.length === 0)
  const isUnchanged = (name: string, field: unknown) => name === 'leader' && field === -2
  return Object.fromEntries(
    Object.entries(value).filter(
      ([name, field]) => !isBlank(field) && !isUnchanged(name, field) && !left.includes(name),
    ),
  )
}

describe('A cluster of one broker', () => {
  it('lives like this', () => {
    const { machine } = new Cluster()
    assert.equal(retell(text, { machine, eventFrom, write: write as (value: unknown) => string }), text)
  })
})
