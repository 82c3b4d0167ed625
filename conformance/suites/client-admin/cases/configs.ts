/** Configs of topics, brokers, loggers, groups and client metrics. */
import assert from 'node:assert/strict'

import type { Admin, ConfigResource } from '@gregor/client'

import { codeOf, eventually, type AdminCase } from '../admin-case.ts'

const topic: ConfigResource = { type: 'TOPIC', name: 'three' }
const broker: ConfigResource = { type: 'BROKER', name: '1' }
const allBrokers: ConfigResource = { type: 'BROKER', name: '' }

export const configCases: readonly AdminCase[] = [
  {
    name: 'configs tell where they come from, what else there is, and what they mean',
    async run({ admin }) {
      const options = { includeSynonyms: true, includeDocumentation: true }
      const results = await admin.describeConfigs([topic, broker, { type: 'TOPIC', name: 'nowhere' }], options)
      const retention = results.value(topic).get('retention.ms')
      assert.deepEqual(
        [retention?.value, retention?.source, retention?.type],
        ['3600000', 'DYNAMIC_TOPIC_CONFIG', 'LONG'],
      )
      assert.equal(retention?.synonyms[0]?.name, 'retention.ms')
      assert.ok((retention.documentation ?? '').length > 20)
      assert.equal(results.value(topic).get('cleanup.policy')?.isDefault, true)
      const nodeId = results.value(broker).get('node.id')
      assert.deepEqual([nodeId?.value, nodeId?.isReadOnly, nodeId?.source], ['1', true, 'STATIC_BROKER_CONFIG'])
      assert.equal(codeOf(results.get({ type: 'TOPIC', name: 'nowhere' })?.error), 'UNKNOWN_TOPIC_OR_PARTITION')
      const few = await admin.describeConfigs([topic], { keys: ['retention.ms', 'retention.bytes'] })
      assert.deepEqual([...few.value(topic).keys()].toSorted(), ['retention.bytes', 'retention.ms'])
    },
  },
  {
    name: 'single configs are set, appended to, taken out of and deleted',
    async run({ admin }) {
      const policy = async () => (await admin.describeConfigs([topic])).value(topic).get('cleanup.policy')?.value
      const alter = async (operation: 'APPEND' | 'SUBTRACT', value: string) => {
        const operations = [{ operation, name: 'cleanup.policy', value }]
        const results = await admin.incrementalAlterConfigs([{ resource: topic, operations }])
        assert.equal(codeOf(results.get(topic)?.error), 'NONE')
      }
      await alter('APPEND', 'compact')
      assert.equal(await policy(), 'delete,compact')
      await alter('SUBTRACT', 'delete')
      assert.equal(await policy(), 'compact')
      const results = await admin.incrementalAlterConfigs([
        {
          resource: topic,
          operations: [
            { operation: 'DELETE', name: 'cleanup.policy' },
            { operation: 'SET', name: 'retention.ms', value: '7200000' },
          ],
        },
        { resource: { type: 'TOPIC', name: 'nowhere' }, operations: [{ operation: 'DELETE', name: 'retention.ms' }] },
      ])
      assert.deepEqual(
        Array.from(results, ({ error }) => codeOf(error)),
        ['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'],
      )
      const configs = (await admin.describeConfigs([topic])).value(topic)
      assert.deepEqual(
        [configs.get('cleanup.policy')?.value, configs.get('retention.ms')?.value],
        ['delete', '7200000'],
      )
    },
  },
  {
    name: 'a wrong value is refused, and what is only validated changes nothing',
    async run({ admin }) {
      const wrong = [{ operation: 'SET', name: 'retention.ms', value: 'x' }] as const
      const refused = await admin.incrementalAlterConfigs([{ resource: topic, operations: wrong }])
      assert.equal(codeOf(refused.get(topic)?.error), 'INVALID_CONFIG')
      const operations = [{ operation: 'SET', name: 'retention.ms', value: '1' }] as const
      const validated = await admin.incrementalAlterConfigs([{ resource: topic, operations }], { validateOnly: true })
      assert.equal(codeOf(validated.get(topic)?.error), 'NONE')
      assert.equal((await admin.describeConfigs([topic])).value(topic).get('retention.ms')?.value, '7200000')
    },
  },
  {
    name: 'the old way replaces all that was set',
    async run({ admin }) {
      const results = await admin.alterConfigs([{ resource: topic, configs: { 'segment.bytes': '2097152' } }])
      assert.equal(codeOf(results.get(topic)?.error), 'NONE')
      const configs = (await admin.describeConfigs([topic])).value(topic)
      assert.equal(configs.get('segment.bytes')?.value, '2097152')
      assert.equal(configs.get('retention.ms')?.isDefault, true)
    },
  },
  {
    name: 'brokers are configured one by one or all at once',
    async run({ admin }) {
      const set = (value: string) => [{ operation: 'SET', name: 'log.cleaner.threads', value }] as const
      const results = await admin.incrementalAlterConfigs([
        { resource: broker, operations: set('2') },
        { resource: allBrokers, operations: set('1') },
      ])
      assert.deepEqual(results.failures, [])
      const read = async (resource: ConfigResource) =>
        (await admin.describeConfigs([resource])).value(resource).get('log.cleaner.threads')
      const own = await eventually(
        () => read(broker),
        (config) => config?.value === '2',
      )
      assert.equal(own?.source, 'DYNAMIC_BROKER_CONFIG')
      const ofAll = await eventually(
        () => read(allBrokers),
        (config) => config !== undefined,
      )
      assert.deepEqual([ofAll?.value, ofAll?.source], ['1', 'DYNAMIC_DEFAULT_BROKER_CONFIG'])
      const unset = [{ operation: 'DELETE', name: 'log.cleaner.threads' }] as const
      const deleted = await admin.incrementalAlterConfigs([
        { resource: broker, operations: unset },
        { resource: allBrokers, operations: unset },
      ])
      assert.deepEqual(deleted.failures, [])
    },
  },
  {
    name: 'loggers of a broker are told and set',
    async run({ admin }) {
      const loggers: ConfigResource = { type: 'BROKER_LOGGER', name: '1' }
      const root = (await admin.describeConfigs([loggers])).value(loggers).get('root')
      assert.ok(root !== undefined)
      const operations = [{ operation: 'SET', name: 'root', value: root.value ?? 'INFO' }] as const
      const results = await admin.incrementalAlterConfigs([{ resource: loggers, operations }])
      assert.equal(codeOf(results.get(loggers)?.error), 'NONE')
    },
  },
  {
    name: 'resources with configs are listed by kind',
    isNew: true,
    async run({ admin }) {
      const metrics: ConfigResource = { type: 'CLIENT_METRICS', name: 'mine' }
      const group: ConfigResource = { type: 'GROUP', name: 'grouped' }
      const results = await admin.incrementalAlterConfigs([
        { resource: metrics, operations: [{ operation: 'SET', name: 'interval.ms', value: '5000' }] },
        {
          resource: group,
          operations: [{ operation: 'SET', name: 'consumer.session.timeout.ms', value: '50000' }],
        },
      ])
      assert.deepEqual(results.failures, [])
      assert.deepEqual(await listed(admin, 'CLIENT_METRICS'), [metrics])
      assert.deepEqual(await listed(admin, 'GROUP'), [group])
      const all = await admin.listConfigResources()
      assert.ok(all.some(({ type, name }) => type === 'TOPIC' && name === 'three'))
      assert.ok(all.some(({ type, name }) => type === 'BROKER' && name === '1'))
    },
  },
  {
    name: 'client metrics resources are listed',
    async run({ admin }) {
      const metrics: ConfigResource = { type: 'CLIENT_METRICS', name: 'mine' }
      const operations = [{ operation: 'SET', name: 'interval.ms', value: '5000' }] as const
      assert.deepEqual((await admin.incrementalAlterConfigs([{ resource: metrics, operations }])).failures, [])
      assert.deepEqual(await listed(admin, 'CLIENT_METRICS'), [metrics])
    },
  },
]

function listed(admin: Admin, type: ConfigResource['type']): Promise<readonly ConfigResource[]> {
  return eventually(
    () => admin.listConfigResources([type]),
    ({ length }) => length > 0,
  )
}
