/** What is typed about groups: kafka-consumer-groups.sh in all its forms, kafka-groups.sh, and the configs of groups. */

import { line, type Dialogue, type Line } from './line.ts'

const groups = (text: string, more: Omit<Line, 'tool' | 'given'> = {}): Line =>
  line('kafka-consumer-groups', text, more)
const allGroups = (text: string, more: Omit<Line, 'tool' | 'given'> = {}): Line => line('kafka-groups', text, more)
const configs = (text: string, more: Omit<Line, 'tool' | 'given'> = {}): Line => line('kafka-configs', text, more)

const unordered = { isUnordered: true }

const livePart: readonly Line[] = [
  groups('--list', { ...unordered, expected: /^live$/m }),
  groups('--list --state', unordered),
  groups('--list --state Stable', { ...unordered, expected: /live\s+Stable/ }),
  groups('--list --state stable,empty', unordered),
  groups('--list --state NoSuchState'),
  groups('--list --type', unordered),
  groups('--list --type classic', unordered),
  groups('--list --type consumer', unordered),
  groups('--list --type classic --state Stable', unordered),
  groups('--list --type no-such-type'),
  groups('--describe --group live', { expected: /live\s+test-topic\s+0\s+7\s+7\s+0\s.*consumer-live-1/ }),
  groups('--describe --group live --verbose'),
  groups('--describe --group live --members', { expected: /\/127\.0\.0\.1\s+consumer-live-1\s+1/ }),
  groups('--describe --group live --members --verbose', { expected: /test-topic:0/ }),
  groups('--describe --group live --state', { expected: /Stable\s+1/ }),
  groups('--describe --group live --state --verbose'),
  groups('--describe --group live --offsets'),
  groups('--describe --all-groups --state', unordered),
  groups('--describe --all-groups --members', unordered),
  groups('--reset-offsets --group live --topic test-topic --to-earliest --execute'),
  groups('--delete --group live'),
  groups('--delete-offsets --group live --topic test-topic'),
  allGroups('--list', unordered),
  allGroups('--list --group-type classic', unordered),
  allGroups('--list --group-type consumer', unordered),
  allGroups('--list --consumer', unordered),
  allGroups('--list --share'),
  allGroups('--list --protocol consumer', unordered),
  allGroups('--list --group-type nonsense'),
]

const consoleConsumer = (text: string, more: Omit<Line, 'tool' | 'given'> = {}): Line =>
  line('kafka-console-consumer', `--topic test-topic --timeout-ms 15000 ${text}`, more)

export const groupDialogues: readonly Dialogue[] = [
  {
    name: 'W3: kafka-console-consumer.sh --from-beginning, in a group of either protocol, goes on where it stopped',
    isGroups: true,
    lines: [
      consoleConsumer('--group old-way --from-beginning --max-messages 4', { expected: /four/ }),
      consoleConsumer('--group old-way --max-messages 3', { expected: /^six$/m }),
      consoleConsumer('--group new-way --from-beginning --max-messages 4 --command-property group.protocol=consumer', {
        expected: /four/,
      }),
      consoleConsumer('--group new-way --max-messages 3 --command-property group.protocol=consumer', {
        expected: /^six$/m,
      }),
      groups('--describe --group old-way', { expected: /old-way\s+test-topic\s+0\s+7\s+7\s+0/ }),
      groups('--describe --group new-way', { expected: /new-way\s+test-topic\s+0\s+7\s+7\s+0/ }),
      groups('--delete --group old-way --group new-way', unordered),
    ],
  },
  {
    name: 'W17: kafka-consumer-groups.sh and kafka-groups.sh about a group with a member, classic protocol',
    isGroups: true,
    liveMember: 'classic',
    lines: livePart,
  },
  {
    name: 'W17: the same, of a member with group.protocol=consumer',
    isGroups: true,
    liveMember: 'consumer',
    lines: livePart,
  },
  {
    name: 'W17: kafka-consumer-groups.sh resets offsets in all its forms, and deletes them',
    isGroups: true,
    lines: [
      groups('--describe --group live', { expected: /live\s+test-topic\s+0\s+7\s+7\s+0\s+-/ }),
      groups('--describe --group live --members'),
      groups('--reset-offsets --group live --topic test-topic --to-earliest --dry-run'),
      groups('--reset-offsets --group live --topic test-topic --to-earliest'),
      groups('--reset-offsets --group live --topic test-topic --to-earliest --execute'),
      groups('--describe --group live --offsets', { expected: /live\s+test-topic\s+0\s+0\s+7\s+7/ }),
      groups('--reset-offsets --group live --topic test-topic:0 --to-latest --execute'),
      groups('--reset-offsets --group live --all-topics --to-current --execute'),
      groups('--reset-offsets --group live --all-topics --shift-by -3 --execute'),
      groups('--describe --group live', { expected: /live\s+test-topic\s+0\s+4\s+7\s+3/ }),
      groups('--reset-offsets --group live --topic test-topic --shift-by 100 --execute'),
      groups('--reset-offsets --group live --topic test-topic --shift-by -100 --execute'),
      groups('--reset-offsets --group live --topic test-topic --to-offset 5 --execute'),
      groups('--reset-offsets --group live --topic test-topic --to-offset 500 --execute'),
      groups('--reset-offsets --group live --topic test-topic --to-datetime 2020-01-01T00:00:00.000 --execute'),
      groups('--reset-offsets --group live --topic test-topic --to-datetime 2120-01-01T00:00:00.000 --execute'),
      groups('--reset-offsets --group live --topic test-topic --by-duration PT1H --execute'),
      groups('--reset-offsets --group live --topic test-topic --to-offset 3 --export'),
      groups('--reset-offsets --group live --topic three --to-earliest --execute', unordered),
      groups('--reset-offsets --group live --topic three:1,2 --to-offset 0 --execute', unordered),
      groups('--reset-offsets --group live --topic three:9 --to-offset 0 --execute'),
      groups('--reset-offsets --group live --topic no-such-topic --to-earliest --execute'),
      groups('--reset-offsets --group never-seen --topic test-topic --to-earliest --execute'),
      groups('--reset-offsets --all-groups --topic test-topic --to-latest --execute', unordered),
      groups('--describe --all-groups', unordered),
      groups('--delete-offsets --group live --topic three:1', unordered),
      groups('--delete-offsets --group live --topic no-such-topic'),
      groups('--delete-offsets --group no-such-group --topic test-topic'),
      groups('--describe --group live', unordered),
      groups('--delete --group live --group never-seen --group no-such-group', unordered),
      groups('--delete --all-groups', unordered),
      groups('--list'),
    ],
  },
  {
    name: 'kafka-configs.sh describes, alters and refuses, for groups',
    isGroups: true,
    lines: [
      configs('--entity-type groups --entity-name g --describe'),
      configs('--entity-type groups --entity-name g --alter --add-config consumer.session.timeout.ms=50000'),
      configs('--entity-type groups --entity-name g --alter --add-config consumer.heartbeat.interval.ms=6000'),
      configs('--group g --describe', { ...unordered, expected: /consumer\.session\.timeout\.ms=50000/ }),
      configs('--entity-type groups --describe', unordered),
      configs('--entity-type groups --entity-name g --alter --add-config consumer.session.timeout.ms=1', {
        isOwnText: true,
      }),
      configs('--entity-type groups --entity-name g --alter --add-config consumer.session.timeout.ms=soon', {
        isOwnText: true,
      }),
      configs('--entity-type groups --entity-name g --alter --add-config no.such.config=1', { isOwnText: true }),
      configs('--entity-type groups --entity-name g --alter --delete-config consumer.session.timeout.ms'),
      configs('--entity-type groups --entity-name g --describe', unordered),
      configs('--entity-type groups --entity-name g --alter --delete-config consumer.heartbeat.interval.ms'),
      configs('--entity-type groups --entity-name g --describe'),
    ],
  },
  {
    // The last one: it leaves a group behind whose name is a random number.
    name: 'W3: kafka-console-consumer.sh --from-beginning, without a group',
    isGroups: true,
    lines: [consoleConsumer('--from-beginning --max-messages 7', { expected: /^six$/m })],
  },
]
