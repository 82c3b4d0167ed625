/** `gregor groups list`: the groups that a node coordinates, and what happened to each last. */
import { defineCommand, flag } from '../command.ts'
import { askNode, monitoringOption } from '../monitoring-client.ts'

interface Listing {
  readonly groups: readonly {
    readonly group: string
    readonly state: string
    readonly type: string
    readonly lastEvent?: { readonly at: string; readonly kind: string }
  }[]
}

export const groupsList = defineCommand({
  name: 'groups list',
  summary: 'List the groups that a node coordinates, with what happened to each last.',
  arguments: {},
  options: {
    monitoring: monitoringOption,
    json: flag({ summary: 'Print them as JSON.' }),
  },
  examples: ['groups list'],
  async run({ monitoring, json }, program) {
    const answer = await askNode('/groups', { monitoring, command: 'groups list' }, program)
    if (answer === undefined) return 1
    // The node is of our version.
    const { groups } = answer as Listing
    if (json) program.out.line(JSON.stringify(answer, null, 2))
    else for (const line of table(groups)) program.out.line(line)
    return 0
  },
})

function table(groups: Listing['groups']): readonly string[] {
  const rows = groups.map(({ group, state, type, lastEvent }) => {
    return [group, type, state, lastEvent === undefined ? '' : `${lastEvent.kind} ${lastEvent.at}`]
  })
  const all = [['GROUP', 'TYPE', 'STATE', 'LAST EVENT'], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
