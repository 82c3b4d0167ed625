/**
 * Where a node without further ado differs from Apache Kafka: the one place that says so.
 *
 * Apache Kafka does not start without roles, an id, a quorum and a formatted directory. Here an empty file, or one
 * from the days of ZooKeeper, starts a single node that is its own controller. What the file says always goes first,
 * and what is filled in shows up like a line of the file (DescribeConfigs: static broker config).
 */

export interface EmbeddedDefault {
  readonly name: string
  readonly value: string
  /** For the reference page. */
  readonly because: string
  readonly applies: (properties: ReadonlyMap<string, string>) => boolean
}

export const embeddedDefaults: readonly EmbeddedDefault[] = [
  {
    name: 'process.roles',
    value: 'broker,controller',
    because: 'a file without roles and without a quorum elsewhere means one node',
    applies: hasNoQuorum,
  },
  {
    name: 'node.id',
    value: '1',
    because: 'one node needs no choice; broker.id counts where it is given',
    applies: (properties) => isSingleNode(properties) && (properties.get('broker.id')?.trim() ?? '-1') === '-1',
  },
  {
    name: 'controller.listener.names',
    value: 'CONTROLLER',
    because: 'the controller of a single node is spoken to in-process and needs no listener',
    applies: isSingleNode,
  },
  {
    name: 'listeners',
    value: 'PLAINTEXT://127.0.0.1:9092',
    because: 'nobody is let in from outside before somebody says so; Apache Kafka listens on all interfaces',
    applies: () => true,
  },
  {
    name: 'log.dirs',
    value: 'data',
    because: 'systems empty /tmp at times, where Apache Kafka keeps its data then; data is below the working directory',
    applies: (properties) => !properties.has('log.dir'),
  },
  {
    name: 'metadata.max.idle.interval.ms',
    value: '0',
    because: 'nobody follows the metadata of a single node: a record that says it is alive would only wake the disk',
    applies: isSingleNode,
  },
  {
    name: 'group.initial.rebalance.delay.ms',
    value: '0',
    because:
      'the first consumer of a group need not wait three seconds for others; the files that come with Apache Kafka say so too',
    applies: isSingleNode,
  },
  ...internalTopic('offsets.topic.replication.factor'),
  ...internalTopic('transaction.state.log.replication.factor'),
  ...internalTopic('transaction.state.log.min.isr'),
  ...internalTopic('share.coordinator.state.topic.replication.factor'),
  ...internalTopic('share.coordinator.state.topic.min.isr'),
]

/** The properties of a file with what it leaves out; `filledIn` is what was added. */
export function withEmbeddedDefaults(properties: ReadonlyMap<string, string>): {
  readonly properties: ReadonlyMap<string, string>
  readonly filledIn: ReadonlyMap<string, string>
} {
  const all = new Map(properties)
  const filledIn = new Map<string, string>()
  for (const { name, value, applies } of embeddedDefaults) {
    if (all.has(name) || !applies(all)) continue
    all.set(name, value)
    filledIn.set(name, value)
  }
  return { properties: all, filledIn }
}

/** Broker and controller in one, and no other controller anywhere. */
export function isSingleNode(properties: ReadonlyMap<string, string>): boolean {
  const roles = entries(properties, 'process.roles')
  const others = Math.max(
    entries(properties, 'controller.quorum.voters').length,
    entries(properties, 'controller.quorum.bootstrap.servers').length,
  )
  return roles.includes('broker') && roles.includes('controller') && others <= 1
}

function hasNoQuorum(properties: ReadonlyMap<string, string>): boolean {
  return !properties.has('controller.quorum.voters') && !properties.has('controller.quorum.bootstrap.servers')
}

function internalTopic(name: string): readonly EmbeddedDefault[] {
  return [{ name, value: '1', because: 'one broker cannot keep three replicas', applies: isSingleNode }]
}

function entries(properties: ReadonlyMap<string, string>, name: string): readonly string[] {
  return (properties.get(name) ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}
