/**
 * What happened in the groups that this node coordinates, as JSON, for the console and `gregor groups explain`: `/groups`
 * lists them, `/groups/GROUP/events` tells the last events of one, oldest first. In memory only, of the time since the
 * coordinator was loaded.
 */
import type { HttpAnswer } from '@gregor/platform'
import { CoordinatorError } from '../coordination/coordinator-shard.ts'
import type { Services } from '../server/services.ts'

type Groups = Pick<Services['groups'], 'submitToAll' | 'explain' | 'availability'>

const prefix = '/groups/'
const suffix = '/events'

export function isAboutGroups(path: string): boolean {
  return path === '/groups' || (path.startsWith(prefix) && path.endsWith(suffix))
}

/** @param groups - `undefined` until there is a node. */
export async function groupsAnswer(path: string, groups: Groups | undefined): Promise<HttpAnswer> {
  if (groups === undefined) return unavailable('starting')
  try {
    return path === '/groups' ? await listed(groups) : eventsOf(path.slice(prefix.length, -suffix.length), groups)
  } catch (error) {
    if (error instanceof CoordinatorError) return unavailable(error.error)
    throw error
  }
}

async function listed(groups: Groups): Promise<HttpAnswer> {
  const all = (await groups.submitToAll<'ListGroups'>({ type: 'ListGroups', statesFilter: [], typesFilter: [] })).flat()
  const entries = all.map(({ groupId, groupState, groupType, protocolType }) => {
    const last = groups.explain(groupId).at(-1)
    return {
      group: groupId,
      state: groupState,
      type: groupType,
      protocolType,
      ...(last !== undefined && { lastEvent: shown(last) }),
    }
  })
  return json(200, { groups: entries.toSorted((a, b) => (a.group < b.group ? -1 : 1)) })
}

function eventsOf(group: string, groups: Groups): HttpAnswer {
  const availability = groups.availability(group)
  if (availability !== 'NONE') return unavailable(availability)
  return json(200, { group, events: groups.explain(group).map(shown) })
}

function shown({ atMs, ...event }: ReturnType<Groups['explain']>[number]): Readonly<Record<string, unknown>> {
  return { at: new Date(atMs).toISOString(), ...event }
}

function unavailable(reason: string): HttpAnswer {
  return json(503, { error: reason })
}

function json(status: number, value: unknown): HttpAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` }
}
