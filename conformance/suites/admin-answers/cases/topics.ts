/** Topics come, grow and go: CreateTopics, CreatePartitions, DeleteTopics, and what is wrong with a request for it. */

import { CreatePartitions, CreateTopics, DeleteTopics } from '@gregor/protocol'

import { exchange, type Exchange } from '../exchange.ts'

const plain = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
const timeoutMs = 5_000

function topic(
  name: string,
  more: Partial<typeof plain> | Readonly<Record<string, unknown>> = {},
): typeof plain & { name: string } {
  return { name, ...plain, ...more }
}

function create(title: string, ...topics: readonly (typeof plain & { name: string })[]): Exchange {
  return exchange(`CreateTopics: ${title}`, CreateTopics, { topics, timeoutMs })
}

export const topicCases: readonly Exchange[] = [
  create('three topics', topic('one'), topic('three', { numPartitions: 3 }), topic('with.dots')),
  exchange(
    'CreateTopics: nothing but a check',
    CreateTopics,
    { topics: [topic('checked', { numPartitions: 2 })], timeoutMs, validateOnly: true },
    { versions: [2, 4, 5, 7] },
  ),
  ...[2, 3, 4, 5, 6, 7].map((version) =>
    exchange(
      `CreateTopics v${version}`,
      CreateTopics,
      { topics: [topic(`in-v${version}`)], timeoutMs },
      { versions: [version] },
    ),
  ),
  create('a topic that exists', topic('one')),
  create('names that are not allowed', topic(''), topic('.'), topic('..'), topic('a b'), topic('x'.repeat(250))),
  create('a name that collides with another one', topic('with_dots')),
  create('the same name twice', topic('twice'), topic('twice', { numPartitions: 2 }), topic('once')),
  create('the topic of the metadata', topic('__cluster_metadata')),
  create('no partitions, fewer than none', topic('p0', { numPartitions: 0 }), topic('p-2', { numPartitions: -2 })),
  create('defaults of the broker', topic('defaults', { numPartitions: -1, replicationFactor: -1 })),
  create(
    'replication factors that cannot be',
    topic('r0', { replicationFactor: 0 }),
    topic('r-2', { replicationFactor: -2 }),
    topic('r2', { replicationFactor: 2 }),
  ),
  create(
    'assignments',
    topic('assigned', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [1] }],
    }),
    topic('counted-too', { assignments: [{ partitionIndex: 0, brokerIds: [1] }] }),
    topic('not-from-0', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 1, brokerIds: [1] }],
    }),
    topic('no-replicas', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [] }],
    }),
    topic('unknown-broker', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [7] }],
    }),
    topic('twice-on-one', {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [1, 1] }],
    }),
  ),
  create(
    'configs',
    topic('configured', {
      configs: [
        { name: 'retention.ms', value: '1000' },
        { name: 'cleanup.policy', value: 'compact' },
      ],
    }),
    topic('unknown-config', { configs: [{ name: 'no.such.config', value: '1' }] }),
    topic('bad-config', { configs: [{ name: 'retention.ms', value: 'soon' }] }),
    topic('range-config', { configs: [{ name: 'segment.bytes', value: '3' }] }),
    topic('null-config', { configs: [{ name: 'retention.ms', value: null }] }),
    topic('twice-config', {
      configs: [
        { name: 'retention.ms', value: '1' },
        { name: 'retention.ms', value: '2' },
      ],
    }),
  ),
  exchange('CreateTopics: none', CreateTopics, { topics: [], timeoutMs }),
  exchange('CreatePartitions: more of them', CreatePartitions, {
    topics: [{ name: 'three', count: 5, assignments: null }],
    timeoutMs,
    validateOnly: false,
  }),
  exchange(
    'CreatePartitions: what cannot be',
    CreatePartitions,
    {
      topics: [
        { name: 'missing', count: 2, assignments: null },
        { name: 'one', count: 1, assignments: null },
        { name: 'with.dots', count: 0, assignments: null },
        { name: 'in-v2', count: -1, assignments: null },
        { name: 'in-v3', count: 2, assignments: [{ brokerIds: [7] }] },
        { name: 'in-v4', count: 3, assignments: [{ brokerIds: [1] }] },
        { name: 'in-v5', count: 2, assignments: [{ brokerIds: [] }] },
        { name: 'in-v6', count: 2, assignments: [{ brokerIds: [1, 1] }] },
      ],
      timeoutMs,
      validateOnly: false,
    },
    { versions: [0, 1, 2, 3] },
  ),
  exchange('CreatePartitions: the same topic twice', CreatePartitions, {
    topics: [
      { name: 'one', count: 2, assignments: null },
      { name: 'one', count: 3, assignments: null },
    ],
    timeoutMs,
    validateOnly: true,
  }),
  exchange('CreatePartitions: a check', CreatePartitions, {
    topics: [{ name: 'one', count: 4, assignments: [{ brokerIds: [1] }, { brokerIds: [1] }, { brokerIds: [1] }] }],
    timeoutMs,
    validateOnly: true,
  }),
  ...[1, 2, 3, 4, 5].map((version) =>
    exchange(
      `DeleteTopics v${version}`,
      DeleteTopics,
      { topicNames: [`in-v${version + 1}`, 'missing'], timeoutMs },
      { versions: [version] },
    ),
  ),
  exchange('DeleteTopics: what cannot be', DeleteTopics, {
    topics: [
      { name: 'missing', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' },
      { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' },
      { name: null, topicId: 'BBBBBBBBBBBBBBBBBBBBBQ' },
      { name: 'one', topicId: 'BBBBBBBBBBBBBBBBBBBBBQ' },
    ],
    timeoutMs,
  }),
  exchange('DeleteTopics: the same twice', DeleteTopics, {
    topics: [
      { name: 'one', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' },
      { name: 'one', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' },
      { name: null, topicId: 'id:three' },
      { name: null, topicId: 'id:three' },
    ],
    timeoutMs,
  }),
  exchange('DeleteTopics: by id', DeleteTopics, { topics: [{ name: null, topicId: 'id:in-v7' }], timeoutMs }),
  exchange('DeleteTopics: none', DeleteTopics, { topics: [], timeoutMs }),
]
