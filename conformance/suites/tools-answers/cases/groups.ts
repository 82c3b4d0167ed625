/** kafka-consumer-groups and kafka-groups. */

import { helpLine, linesOf, type ToolLine, type ToolScript } from '../tool-line.ts'

const groups = linesOf('kafka-consumer-groups')
const allGroups = linesOf('kafka-groups')
const consumer = linesOf('kafka-console-consumer')
const unordered = { isUnordered: true }

/** All seven records are read and committed. */
const readBy = (group: string): ToolLine =>
  consumer(`--topic test-topic --group ${group} --from-beginning --max-messages 7 --timeout-ms 15000`, {
    isPreparation: true,
  })

const reset = (text: string, more: Omit<ToolLine, 'tool' | 'text'> = {}): ToolLine =>
  groups(`--reset-offsets --group read-SIDE ${text}`, more)

export const groupScripts: readonly ToolScript[] = [
  {
    name: 'kafka-consumer-groups and kafka-groups tell of groups with members',
    hasLiveGroups: true,
    lines: [
      groups('--list', { ...unordered, expected: /^live-classic$/m }),
      groups('--list --state', unordered),
      groups('--list --state stable,empty', unordered),
      groups('--list --state Dead', unordered),
      groups('--list --state NoSuchState', {
        differs: 'own-words',
        ours: /^Invalid state list 'NoSuchState'\. Valid states are: /,
      }),
      groups('--list --type', unordered),
      groups('--list --type classic', unordered),
      groups('--list --type consumer --state', unordered),
      groups('--list --type no-such-type'),
      groups('--describe --group live-classic', { expected: /live-classic\s+test-topic\s+0\s+\d\s+7/ }),
      groups('--describe --group live-consumer --verbose'),
      groups('--describe --group live-classic --offsets --verbose'),
      groups('--describe --group live-classic --members'),
      groups('--describe --group live-consumer --members', { expected: /#PARTITIONS/ }),
      groups('--describe --group live-classic --members --verbose'),
      groups('--describe --group live-consumer --members --verbose', { expected: /test-topic:0/ }),
      groups('--describe --group live-classic --state', { expected: /Stable\s+1/ }),
      groups('--describe --group live-consumer --state --verbose'),
      groups('--describe --group live-classic --group live-consumer --state'),
      groups('--describe --all-groups --state'),
      groups('--describe --group no-such-group'),
      groups('--describe --group no-such-group --members'),
      groups('--describe --group no-such-group --state'),
      groups('--reset-offsets --group live-classic --topic test-topic --to-earliest --execute'),
      groups('--delete --group live-classic'),
      groups('--delete-offsets --group live-consumer --topic test-topic'),
      allGroups('--list', unordered),
      allGroups('--list --group-type classic', unordered),
      allGroups('--list --consumer', unordered),
      allGroups('--list --share'),
      allGroups('--list --streams'),
      allGroups('--list --protocol consumer', unordered),
      allGroups('--list --group-type consumer --protocol consumer', unordered),
    ],
  },
  {
    name: 'kafka-groups refuses what does not go together',
    lines: [
      allGroups('--list --group-type nonsense'),
      allGroups('--list --consumer --share'),
      allGroups('--list --streams --protocol a'),
      allGroups('--protocol a'),
      allGroups('--list', { isBare: true }),
      allGroups('--nothing'),
      allGroups('', { isBare: true }),
      helpLine('kafka-groups'),
      allGroups('--version', { isBare: true }),
    ],
  },
  {
    name: 'kafka-consumer-groups resets offsets in all its forms, and deletes them',
    lines: [
      readBy('read-SIDE'),
      groups('--describe --group read-SIDE', { expected: /has no active members/ }),
      groups('--describe --group read-SIDE --members'),
      groups('--describe --group read-SIDE --members --verbose'),
      groups('--describe --group read-SIDE --state'),
      reset('--topic test-topic --to-earliest --dry-run', { expected: /NEW-OFFSET/ }),
      reset('--topic test-topic --to-earliest', { differs: 'own-words', ours: /^WARN: No action will be performed/m }),
      reset('--topic test-topic --to-earliest --execute'),
      groups('--describe --group read-SIDE', { expected: /read-\w+\s+test-topic\s+0\s+0\s+7\s+7/ }),
      reset('--topic test-topic:0 --to-latest --execute'),
      reset('--all-topics --to-current --execute'),
      reset('--all-topics --shift-by -3 --execute'),
      groups('--describe --group read-SIDE --offsets', { expected: /read-\w+\s+test-topic\s+0\s+4\s+7\s+3/ }),
      reset('--topic test-topic --shift-by 100 --execute', { expected: /higher than latest/ }),
      reset('--topic test-topic --shift-by -100 --execute', { expected: /lower than earliest/ }),
      reset('--topic test-topic --to-offset 5 --execute'),
      reset('--topic test-topic --to-offset 500 --execute'),
      reset('--topic test-topic --to-datetime 2020-01-01T00:00:00.000 --execute'),
      reset('--topic test-topic --to-datetime 2120-01-01T00:00:00.000+01:00 --execute'),
      reset('--topic test-topic --to-datetime 2020-01-01 --execute'),
      reset('--topic test-topic --to-datetime 2020-01-01Tnoon --execute'),
      reset('--topic test-topic --by-duration PT1H --execute'),
      reset('--topic test-topic --by-duration 1h --execute'),
      reset('--topic test-topic --to-offset 3 --export --dry-run', { expected: /^test-topic,0,3$/m }),
      reset('--from-file FOLDER/plan.csv --dry-run', { files: { 'plan.csv': 'test-topic,0,2\n' } }),
      reset('--from-file FOLDER/groups-SIDE.csv --execute', { files: { 'groups-SIDE.csv': 'test-topic,0,2\n' } }),
      reset('--topic three --to-earliest --execute', unordered),
      reset('--topic three:1,2 --to-offset 0 --execute', unordered),
      reset('--topic three:9 --to-offset 0 --execute'),
      reset('--topic three:x --to-offset 0 --execute'),
      reset('--topic three: --to-offset 0 --execute'),
      reset('--topic no-such-topic --to-earliest --execute'),
      groups('--reset-offsets --group new-SIDE --topic test-topic --to-earliest --execute'),
      groups(
        '--reset-offsets --group new-SIDE --group read-SIDE --topic test-topic --to-latest --dry-run --export',
        unordered,
      ),
      groups('--describe --group read-SIDE', unordered),
      groups('--delete-offsets --group read-SIDE --topic three:1', unordered),
      groups('--delete-offsets --group read-SIDE --topic three', unordered),
      groups('--delete-offsets --group read-SIDE --topic no-such-topic'),
      groups('--delete-offsets --group no-such-group --topic test-topic'),
      groups('--delete --group read-SIDE --group new-SIDE', {
        differs: 'own-words',
        ours: /^Deletion of requested consumer groups \('read-q', 'new-q'\) was successful\.$/m,
      }),
      groups('--delete --group no-such-group'),
    ],
  },
  {
    name: 'kafka-consumer-groups refuses options that do not go together, in the words of Apache Kafka',
    lines: [
      groups('', { isBare: true, differs: 'own-help' }),
      helpLine('kafka-consumer-groups'),
      groups('--version', { isBare: true }),
      groups('--list', { isBare: true }),
      groups('--list --describe --group a'),
      groups('--group a'),
      groups('--describe', {
        differs: 'own-words',
        ours: /^Option \[describe\] takes one of these options: \[group\], \[all-groups\]/,
      }),
      groups('--describe --group a --members --offsets'),
      groups('--describe --group a --state Stable'),
      groups('--describe --group a --all-groups'),
      groups('--describe --group a --topic b'),
      groups('--list --members'),
      groups('--delete --group a --state'),
      groups('--describe --group a --type classic'),
      groups('--delete --group a --topic b'),
      groups('--list --group a'),
      groups('--reset-offsets --group a --dry-run --execute'),
      groups('--reset-offsets --group a --execute --to-earliest'),
      groups('--reset-offsets --group a --execute --topic test-topic', {
        differs: 'own-words',
        ours: /requires one of the following scenarios/,
      }),
      groups('--reset-offsets --group a --execute --topic test-topic --to-offset x'),
      groups('--delete-offsets --group a', {
        differs: 'own-words',
        ours: /^Option \[delete-offsets\] takes the following options: /,
      }),
      groups('--describe --group a --timeout x'),
      groups('--nothing'),
      groups("--validate-regex 'a.*'", { isBare: true }),
      groups("--validate-regex '('", {
        isBare: true,
        differs: 're2-regex',
        ours: /^The regular expression `\(` is invalid: /,
      }),
      groups("--validate-regex '(?=a)'", { isBare: true, differs: 're2-regex', ours: /is invalid/ }),
      groups('--new-consumer --list --state Dead', { differs: 'older-spellings', oursEndsWith: 0, ours: /^GROUP/ }),
    ],
  },
]
