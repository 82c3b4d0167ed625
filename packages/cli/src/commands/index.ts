/** All commands, in the order in which help lists them. The only list. */
import type { Command } from '../command.ts'
import { completion } from './completion.ts'
import { consume } from './consume.ts'
import { configsSet, configsShow } from './configs.ts'
import { doctor } from './doctor.ts'
import { groupsLag, groupsList, groupsReset } from './groups-cluster.ts'
import { groupsExplain } from './groups-explain.ts'
import { logDump } from './log-dump.ts'
import { logRepair } from './log-repair.ts'
import { logVerify } from './log-verify.ts'
import { perfConsume, perfProduce } from './perf.ts'
import { produce } from './produce.ts'
import { start } from './start.ts'
import { topicsCreate, topicsDelete, topicsDescribe, topicsList } from './topics.ts'

export const commands: readonly Command[] = [
  start,
  topicsList,
  topicsDescribe,
  topicsCreate,
  topicsDelete,
  produce,
  consume,
  configsShow,
  configsSet,
  groupsList,
  groupsLag,
  groupsReset,
  groupsExplain,
  logDump,
  logVerify,
  logRepair,
  perfProduce,
  perfConsume,
  doctor,
  completion,
]
