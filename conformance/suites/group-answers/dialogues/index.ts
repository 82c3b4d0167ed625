/** All that is said. */

import type { Dialogue } from '../talk.ts'
import { classicBadInput } from './classic-bad-input.ts'
import { classicLife } from './classic-life.ts'
import { staticMembers } from './static-members.ts'
import { consumerDialogues } from './consumer-groups.ts'
import { migrationDialogues } from './migration.ts'
import { listingDialogues } from './listing.ts'
import { offsetDialogues } from './offsets.ts'

export const dialogues: readonly Dialogue[] = [
  ...classicLife,
  ...classicBadInput,
  ...staticMembers,
  ...offsetDialogues,
  ...listingDialogues,
  ...consumerDialogues,
  ...migrationDialogues,
]
