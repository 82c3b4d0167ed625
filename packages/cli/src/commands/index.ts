/** All commands, in the order in which help lists them. The only list. */
import type { Command } from '../command.ts'
import { groupsExplain } from './groups-explain.ts'
import { groupsList } from './groups-list.ts'
import { logVerify } from './log-verify.ts'
import { start } from './start.ts'

export const commands: readonly Command[] = [start, groupsList, groupsExplain, logVerify]
