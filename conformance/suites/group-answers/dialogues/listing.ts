/** FindCoordinator, ListGroups, DescribeGroups and DeleteGroups, in every version. */

import {
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  DeleteGroups,
  DescribeGroups,
  FindCoordinator,
  ListGroups,
  OffsetCommit,
  type ResponseOf,
} from '@gregor/protocol'

import { alone, ClassicClient } from '../classic-talk.ts'
import type { Dialogue, Talk } from '../talk.ts'

/** Other dialogues leave groups behind. */
const ofThisDialogue = ({ groups, ...answer }: ResponseOf<typeof ListGroups>) => {
  return { ...answer, groups: groups.filter(({ groupId }) => groupId.startsWith('listed')) }
}

const filters = [
  { statesFilter: [], typesFilter: [] },
  ...[
    'Stable',
    'stable',
    'STABLE',
    'Empty',
    'Dead',
    'PreparingRebalance',
    'Assigning',
    'Reconciling',
    'Unknown',
    'x',
    '',
  ].map((state) => ({ statesFilter: [state], typesFilter: [] })),
  { statesFilter: ['Stable', 'Empty'], typesFilter: [] },
]
const typeFilters = [
  ...['classic', 'Classic', 'consumer', 'Consumer', 'share', 'streams', 'unknown', 'x'].map((type) => [type]),
  ['classic', 'consumer'],
  ['classic', 'x'],
].map((typesFilter) => ({ statesFilter: [], typesFilter }))

export const listingDialogues: readonly Dialogue[] = [
  {
    title: 'ListGroups: states and types, and filters of both',
    async run(talk) {
      await makeGroups(talk)
      for (const version of [0, 1, 2, 3]) await talk.ask('l', ListGroups, {}, { version, part: ofThisDialogue })
      for (const filter of filters) {
        for (const version of [4, 5]) {
          const { statesFilter, typesFilter } = filter
          const request = version === 4 ? { statesFilter } : { statesFilter, typesFilter }
          await talk.ask('l', ListGroups, request, { version, part: ofThisDialogue })
        }
      }
      for (const filter of typeFilters) await talk.ask('l', ListGroups, filter, { part: ofThisDialogue })
      await talk.ask('l', ListGroups, { statesFilter: ['Empty'], typesFilter: ['consumer'] }, { part: ofThisDialogue })
    },
  },
  ...[0, 1, 2, 3, 4, 5, 6].map((version): Dialogue => ({
    title: `DescribeGroups of all kinds (v${version})`,
    async run(talk) {
      await makeGroups(talk, `described-v${version}`)
      const groups = ['classic', 'empty', 'simple', 'consumer', 'nothing'].map(
        (kind) => `described-v${version}-${kind}`,
      )
      for (const includeAuthorizedOperations of version >= 3 ? [false, true] : [false]) {
        await talk.ask('l', DescribeGroups, { groups: [...groups, ''], includeAuthorizedOperations }, { version })
      }
      await talk.ask('l', DescribeGroups, { groups: [] }, { version })
      const [first = ''] = groups
      await talk.ask('l', DescribeGroups, { groups: [first, first] }, { version })
    },
  })),
  ...[0, 1].map((version): Dialogue => ({
    title: `ConsumerGroupDescribe of all kinds (v${version})`,
    async run(talk) {
      await makeGroups(talk, `consumers-v${version}`)
      const groupIds = ['classic', 'empty', 'simple', 'consumer', 'nothing'].map(
        (kind) => `consumers-v${version}-${kind}`,
      )
      for (const includeAuthorizedOperations of [false, true]) {
        await talk.ask(
          'l',
          ConsumerGroupDescribe,
          { groupIds: [...groupIds, ''], includeAuthorizedOperations },
          { version },
        )
      }
      await talk.ask('l', ConsumerGroupDescribe, { groupIds: [], includeAuthorizedOperations: false }, { version })
    },
  })),
  ...[0, 1, 2].map((version): Dialogue => ({
    title: `DeleteGroups of all kinds (v${version})`,
    async run(talk) {
      await makeGroups(talk, `deleted-v${version}`)
      const names = ['classic', 'empty', 'simple', 'consumer', 'nothing'].map((kind) => `deleted-v${version}-${kind}`)
      await talk.ask('l', DeleteGroups, { groupsNames: [...names, ''] }, { version })
      await talk.ask('l', DeleteGroups, { groupsNames: names }, { version })
      await talk.ask('l', DeleteGroups, { groupsNames: [] }, { version })
      await talk.ask('l', DescribeGroups, { groups: names })
    },
  })),
  ...[0, 1, 2, 3, 4, 5, 6].map((version): Dialogue => ({
    title: `FindCoordinator of groups, and of what is unknown (v${version})`,
    async run(talk) {
      const keys = ['g', '', 'x'.repeat(1000)]
      if (version < 4) for (const key of keys) await talk.ask('l', FindCoordinator, { key, keyType: 0 }, { version })
      else await talk.ask('l', FindCoordinator, { keyType: 0, coordinatorKeys: keys }, { version })
      if (version >= 4) await talk.ask('l', FindCoordinator, { keyType: 0, coordinatorKeys: [] }, { version })
      if (version === 0) return
      for (const keyType of [3, 9, -1]) {
        const request = version < 4 ? { key: 'g', keyType } : { keyType, coordinatorKeys: ['g'] }
        await talk.ask('l', FindCoordinator, request as never, { version })
      }
    },
  })),
]

/** One of each kind. */
async function makeGroups(talk: Talk, prefix = 'listed'): Promise<void> {
  await alone(new ClassicClient(talk, 'a', { groupId: `${prefix}-classic` }))
  const empty = new ClassicClient(talk, 'a', { groupId: `${prefix}-empty` })
  await alone(empty)
  await empty.leave()
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
  const topics = [{ name: 'four', partitions }]
  await talk.ask('a', OffsetCommit, { groupId: `${prefix}-simple`, memberId: '', topics }, { version: 9 })
  await talk.ask('a', ConsumerGroupHeartbeat, {
    groupId: `${prefix}-consumer`,
    memberId: 'm',
    memberEpoch: 0,
    rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: ['four'],
    topicPartitions: [],
  })
  await talk.topicId('four')
}
