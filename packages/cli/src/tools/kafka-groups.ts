/** kafka-groups: lists groups of every kind. */
import type { GroupListing } from '@gregor/client'
import { bootstrapServer, commandConfig, withAdmin } from './admin-options.ts'
import { failsAs } from './failed-command.ts'
import { flag, text, usageError, type GivenOptions } from './joptsimple.ts'
import { defineTool } from './tool.ts'
import { ToolExit } from './tool-exit.ts'

const options = {
  'bootstrap-server': { ...bootstrapServer, isRequired: true },
  'command-config': commandConfig,
  list: flag('List groups.'),
  'group-type': text({
    summary: 'Only groups of this type: classic, consumer, share or streams.',
    placeholder: 'type',
  }),
  protocol: text({
    summary: 'Only groups whose members gave this protocol type: consumer, connect, …',
    placeholder: 'protocol',
  }),
  consumer: flag('Only groups of consumers: those of type consumer, and classic ones of protocol consumer or none.'),
  share: flag('Only share groups.'),
  streams: flag('Only groups of Streams in its own protocol.'),
}

const types = ['Classic', 'Consumer', 'Share', 'Streams']
const columnWidthMin = 20

export const kafkaGroups = defineTool({
  name: 'kafka-groups',
  dialect: 'joptsimple',
  summary: 'Lists groups of all types.',
  options,
  helpsOnMistakes: true,
  examples: ['--bootstrap-server localhost:9092 --list --consumer'],
  async run(given, program) {
    const isWanted = filterOf(given)
    const connection = {
      bootstrapServer: given.value('bootstrap-server'),
      commandConfig: given.value('command-config'),
    }
    return failsAs('groups', program, () =>
      withAdmin(connection, program, async (admin) => {
        const { groups, failures } = await admin.listGroups({ timeoutMs: 30_000 })
        for (const { error } of failures) throw error
        for (const line of table(groups.filter(isWanted))) program.out.line(line)
      }),
    )
  },
})

function filterOf(given: GivenOptions<typeof options>): (group: GroupListing) => boolean {
  if (!given.has('list')) throw usageError('Command must include exactly one action: --list.')
  const typeName = given.value('group-type')
  const wantedType =
    typeName === undefined ? undefined : types.find((type) => type.toLowerCase() === typeName.toLowerCase())
  if (typeName !== undefined && wantedType === undefined) throw new ToolExit('--group-type must be a valid group type.')
  given.exclude('consumer', ['group-type', 'protocol', 'share', 'streams'])
  given.exclude('share', ['consumer', 'group-type', 'protocol', 'streams'])
  given.exclude('streams', ['consumer', 'group-type', 'protocol', 'share'])
  const protocol = given.value('protocol')
  return ({ type, protocolType }) => {
    if (wantedType !== undefined) return type === wantedType && (protocol === undefined || protocol === protocolType)
    if (protocol !== undefined) return protocolType === protocol
    if (given.has('consumer')) return protocolType === 'consumer' || protocolType === '' || type === 'Consumer'
    if (given.has('share')) return type === 'Share'
    return !given.has('streams') || type === 'Streams'
  }
}

function table(groups: readonly GroupListing[]): readonly string[] {
  const rows = groups.map(({ groupId, type, protocolType }) => [groupId, type ?? '', protocolType])
  const width = Math.max(columnWidthMin, ...rows.flat().map((cell) => cell.length))
  const header = ['GROUP', 'TYPE', 'PROTOCOL'].map((cell) => cell.padEnd(width)).join(' ')
  return [header, ...rows.map((row) => row.map((cell) => `${cell.padEnd(width)} `).join(''))]
}
