/** `gregor topics …`: topics for people. What scripts call is kafka-topics. */
import type { TopicDescription } from '@gregor/client'
import { defineCommand, flag, integer, keyValues, text } from '../command.ts'
import { sayRows } from '../table.ts'
import { clusterOptions, withCluster } from './cluster-options.ts'

const topicName = text({ summary: 'Its name: 1 to 249 of letters, digits, dots, dashes and underscores.' })

export const topicsList = defineCommand({
  name: 'topics list',
  summary: 'List topics with their partitions, replicas and what is wrong with them.',
  arguments: {},
  options: { ...clusterOptions, all: flag({ summary: 'Also those that Kafka keeps for itself.' }) },
  examples: ['topics list', 'topics list --bootstrap kafka-1:9092 --json'],
  run: ({ all, json, ...cluster }, program) =>
    withCluster(cluster, { command: 'topics list', program }, async (admin) => {
      const listed = await admin.listTopics({ listInternal: all })
      const names = listed.map(({ name }) => name).toSorted()
      const described = names.length === 0 ? [] : (await admin.describeTopics(names)).all()
      const rows = described.map((topic) => ({
        topic: topic.name,
        partitions: topic.partitions.length,
        replicas: topic.partitions[0]?.replicas.length ?? 0,
        health: healthOf(topic),
      }))
      sayRows({ columns: ['topic', 'partitions', 'replicas', 'health'], rows, json }, program)
    }),
})

export const topicsDescribe = defineCommand({
  name: 'topics describe',
  summary: 'Tell of a topic: its partitions with leaders, replicas and offsets, and the configs that were set.',
  arguments: { name: topicName },
  options: clusterOptions,
  examples: ['topics describe orders'],
  run: ({ name, json, ...cluster }, program) =>
    withCluster(cluster, { command: 'topics describe', program }, async (admin) => {
      const topic = (await admin.describeTopics([name])).value(name)
      const configs = (await admin.describeConfigs([{ type: 'TOPIC', name }])).value({ type: 'TOPIC', name })
      const asked = topic.partitions
        .filter(({ leaderId }) => leaderId !== -1)
        .map(({ partition }) => ({ topic: name, partition }))
      const [starts, ends] = await Promise.all([
        admin.listOffsets(asked.map((one) => ({ ...one, spec: 'earliest' }))),
        admin.listOffsets(asked.map((one) => ({ ...one, spec: 'latest' }))),
      ])
      const offset = (results: typeof starts, partition: number): number | string =>
        results.get({ topic: name, partition })?.value?.offset ?? '-'
      const rows = topic.partitions.map(({ partition, leaderId, replicas, inSyncReplicas }) => ({
        partition,
        leader: leaderId === -1 ? 'none' : leaderId,
        replicas: replicas.join(','),
        'in sync': inSyncReplicas.join(','),
        first: offset(starts, partition),
        end: offset(ends, partition),
      }))
      const set = [...configs.values()].filter(({ source }) => source === 'DYNAMIC_TOPIC_CONFIG')
      if (json) {
        const all = {
          topic: name,
          id: topic.topicId,
          partitions: rows,
          configs: Object.fromEntries(set.map((one) => [one.name, one.value])),
        }
        program.out.line(JSON.stringify(all, null, 2))
        return
      }
      sayRows({ columns: ['partition', 'leader', 'replicas', 'in sync', 'first', 'end'], rows, json }, program)
      program.out.line('')
      program.out.line(`id: ${topic.topicId}`)
      for (const one of set) program.out.line(`${one.name} = ${one.value ?? ''}`)
      if (set.length === 0) program.out.line('no configs of its own')
    }),
})

export const topicsCreate = defineCommand({
  name: 'topics create',
  summary: 'Create a topic and show where its partitions were placed.',
  arguments: { name: topicName },
  options: {
    partitions: integer({ summary: 'How many. Default: the cluster’s num.partitions.', min: 1 }),
    replicas: integer({ summary: 'Of each partition. Default: the cluster’s default.replication.factor.', min: 1 }),
    config: keyValues({ summary: 'A config of the topic. May be given more than once.' }),
    ...clusterOptions,
  },
  examples: ['topics create orders --partitions 12 --config cleanup.policy=compact'],
  run: ({ name, partitions, replicas, config, json, ...cluster }, program) =>
    withCluster(cluster, { command: 'topics create', program }, async (admin) => {
      const counts = {
        ...(partitions !== undefined && { numPartitions: partitions }),
        ...(replicas !== undefined && { replicationFactor: replicas }),
      }
      ;(await admin.createTopics([{ name, configs: Object.fromEntries(config), ...counts }])).all()
      const topic = (await admin.describeTopics([name])).value(name)
      const rows = topic.partitions.map((one) => ({
        partition: one.partition,
        leader: one.leaderId === -1 ? 'none' : one.leaderId,
        replicas: one.replicas.join(','),
      }))
      if (!json) program.out.line(`Created topic ${name}.`)
      sayRows({ columns: ['partition', 'leader', 'replicas'], rows, json }, program)
    }),
})

export const topicsDelete = defineCommand({
  name: 'topics delete',
  summary: 'Delete a topic with all its records. Asks nothing: without --yes it only says what would go.',
  arguments: { name: topicName },
  options: { yes: flag({ summary: 'Do it.' }), ...clusterOptions },
  examples: ['topics delete orders', 'topics delete orders --yes'],
  run: ({ name, yes, json, ...cluster }, program) =>
    withCluster(cluster, { command: 'topics delete', program }, async (admin) => {
      const topic = (await admin.describeTopics([name])).value(name)
      if (yes) (await admin.deleteTopics([name])).all()
      const partitions = topic.partitions.length
      if (json) program.out.line(JSON.stringify({ topic: name, partitions, deleted: yes }))
      else if (yes) program.out.line(`Deleted topic ${name}.`)
      else program.out.line(`Would delete topic ${name} with ${partitions} partition(s); --yes does it.`)
      return yes ? 0 : 1
    }),
})

function healthOf({ partitions }: TopicDescription): string {
  const leaderless = partitions.filter(({ leaderId }) => leaderId === -1).length
  if (leaderless > 0) return `${leaderless} without leader`
  const behind = partitions.filter(({ replicas, inSyncReplicas }) => inSyncReplicas.length < replicas.length).length
  return behind > 0 ? `${behind} under-replicated` : 'ok'
}
