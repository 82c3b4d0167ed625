/** `gregor configs …`: configs of topics, brokers and groups for people. What scripts call is kafka-configs. */
import type { ConfigResource, ConfigResourceType } from '@gregor/client'
import { defineCommand, flag, keyValues, text } from '../command.ts'
import { sayRows } from '../table.ts'
import { UsageError } from '../usage-error.ts'
import { clusterOptions, withCluster } from './cluster-options.ts'

const types: Readonly<Record<string, ConfigResourceType>> = {
  topic: 'TOPIC',
  broker: 'BROKER',
  brokers: 'BROKER',
  group: 'GROUP',
  'client-metrics': 'CLIENT_METRICS',
}

const resource = text({
  summary: 'What has the configs: topic:NAME, broker:ID, brokers (all of them), group:ID or client-metrics:NAME.',
})

/** @throws UsageError */
function resourceFrom(written: string): ConfigResource {
  const at = written.indexOf(':')
  const [kind, name] = at === -1 ? [written, ''] : [written.slice(0, at), written.slice(at + 1)]
  const type = Object.hasOwn(types, kind) ? types[kind] : undefined
  if (type === undefined || (name === '') !== (kind === 'brokers')) {
    throw new UsageError(`${written}: give it as topic:NAME, broker:ID, brokers, group:ID or client-metrics:NAME`)
  }
  return { type, name }
}

const places: Readonly<Record<string, string>> = {
  DYNAMIC_TOPIC_CONFIG: 'topic',
  DYNAMIC_BROKER_CONFIG: 'broker',
  DYNAMIC_DEFAULT_BROKER_CONFIG: 'all brokers',
  STATIC_BROKER_CONFIG: 'server.properties',
  DYNAMIC_GROUP_CONFIG: 'group',
  DYNAMIC_CLIENT_METRICS_CONFIG: 'client metrics',
}

export const configsShow = defineCommand({
  name: 'configs show',
  summary: 'Show what is set, and where.',
  arguments: { resource },
  options: { all: flag({ summary: 'Also what nobody has set, with its default.' }), ...clusterOptions },
  examples: ['configs show topic:orders', 'configs show brokers --all'],
  run({ resource: written, all, json, ...cluster }, program) {
    const wanted = resourceFrom(written)
    return withCluster(cluster, { command: 'configs show', program }, async (admin) => {
      const entries = (await admin.describeConfigs([wanted])).value(wanted)
      const rows = [...entries.values()]
        .filter(({ isDefault }) => all || !isDefault)
        .map(({ name, value, source, isSensitive }) => ({
          config: name,
          value: isSensitive ? '(hidden)' : (value ?? ''),
          'set by': places[source] ?? 'default',
        }))
        .toSorted((a, b) => (a.config < b.config ? -1 : 1))
      if (rows.length === 0 && !json) program.out.line('Nothing is set: all is as by default. --all shows it.')
      else sayRows({ columns: ['config', 'value', 'set by'], rows, json }, program)
    })
  },
})

export const configsSet = defineCommand({
  name: 'configs set',
  summary:
    'Set configs, and show what became of them. A key with nothing behind the equals sign goes back to its default.',
  arguments: { resource },
  options: {
    config: keyValues({ summary: 'What to set. May be given more than once.' }),
    check: flag({ summary: 'Only ask whether it would be taken.' }),
    ...clusterOptions,
  },
  examples: [
    'configs set topic:orders --config retention.ms=3600000',
    'configs set topic:orders --config retention.ms=',
  ],
  run({ resource: written, config, check, json, ...cluster }, program) {
    const wanted = resourceFrom(written)
    if (config.size === 0) throw new UsageError('--config key=value says what to set')
    return withCluster(cluster, { command: 'configs set', program }, async (admin) => {
      const operations = Array.from(config, ([name, value]) =>
        value === '' ? ({ operation: 'DELETE', name } as const) : ({ operation: 'SET', name, value } as const),
      )
      const before = (await admin.describeConfigs([wanted])).value(wanted)
      ;(await admin.incrementalAlterConfigs([{ resource: wanted, operations }], { validateOnly: check })).all()
      const after = check ? undefined : (await admin.describeConfigs([wanted])).value(wanted)
      const rows = Array.from(config.keys(), (name) => ({
        config: name,
        before: before.get(name)?.value ?? '',
        after: after === undefined ? `would be ${config.get(name) ?? ''}` : (after.get(name)?.value ?? ''),
      }))
      sayRows({ columns: ['config', 'before', 'after'], rows, json }, program)
    })
  },
})
