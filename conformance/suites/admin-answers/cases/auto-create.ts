/**
 * Topics that come to be by being asked for, and names that never do. Asked again and again, as clients do: Apache says
 * at first that there is no such topic, Gregor answers when it is there.
 */

import { Metadata } from '@gregor/protocol'

import { read, type Exchange } from '../exchange.ts'

function asked(
  name: string,
  { version = 12, isAllowed = true }: { version?: number; isAllowed?: boolean } = {},
): Exchange {
  const allowance = version >= 4 ? { allowAutoTopicCreation: isAllowed } : {}
  return read(
    `Metadata: "${name.slice(0, 20)}", which ${isAllowed ? 'may' : 'must not'} be created`,
    Metadata,
    { topics: [{ name }], ...allowance },
    { versions: [version] },
  )
}

export const autoCreateCases: readonly Exchange[] = [
  asked('not-allowed', { isAllowed: false }),
  asked('not-allowed', { isAllowed: false, version: 4 }),
  ...[0, 1, 3, 4, 5, 8, 9, 10, 11, 12, 13].map((version) => asked(`made-by-v${version}`, { version })),
  asked('dots.and-dashes_1'),
  // Collides with the one before.
  asked('dots_and-dashes_1'),
  ...['', '.', '..', 'a b', 'ä', 'x'.repeat(249), 'x'.repeat(250)].map((name) => asked(name)),
  asked('__consumer_offsets'),
  asked('__transaction_state'),
  asked('__share_group_state'),
  read('Metadata: all of them', Metadata, { topics: null }, { versions: [12], ignoring: ['partitions'] }),
]
