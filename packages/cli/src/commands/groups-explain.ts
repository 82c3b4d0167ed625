/** `gregor groups explain`: what happened in a group lately, and why it rebalanced, in the words of its coordinator. */
import { defineCommand, flag, text } from '../command.ts'
import { askNode, monitoringOption } from '../monitoring-client.ts'

interface Explanation {
  readonly group: string
  readonly events: readonly {
    readonly at: string
    readonly kind: string
    readonly memberId?: string
    readonly text: string
    readonly tookMs?: number
  }[]
}

export const groupsExplain = defineCommand({
  name: 'groups explain',
  summary: 'Tell the last 100 events of a group: who came and went, why it rebalanced, how long that took.',
  arguments: { group: text({ summary: 'Its group id.' }) },
  options: {
    monitoring: monitoringOption,
    json: flag({ summary: 'Print the events as JSON.' }),
  },
  examples: ['groups explain orders-app', 'groups explain orders-app --monitoring 10.0.0.5:9404 --json'],
  async run({ group, monitoring, json }, program) {
    const target = `/groups/${encodeURIComponent(group)}/events`
    const answer = await askNode(target, { monitoring, command: 'groups explain' }, program)
    if (answer === undefined) return 1
    // The node is of our version.
    const { events } = answer as Explanation
    if (json) {
      program.out.line(JSON.stringify(answer, null, 2))
      return 0
    }
    if (events.length === 0) {
      program.out.error(`gregor groups explain: nothing is known of group ${group} since its coordinator was loaded`)
      return 1
    }
    for (const event of events) program.out.line(eventLine(event))
    return 0
  },
})

function eventLine({ at, kind, memberId, text: said, tookMs }: Explanation['events'][number]): string {
  const took = tookMs === undefined ? '' : ` (${tookMs} ms)`
  return `${at}  ${kind.padEnd(18)}  ${memberId === undefined ? '' : `${memberId}: `}${said}${took}`
}
