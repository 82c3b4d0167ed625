/**
 * Apache's command-line tools and ours, the same lines typed into both against the same node: standard output, the first
 * line of standard error and the exit code are the same, but where a difference is meant.
 */

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { tools } from '@gregor/cli'

import { apacheClassPath } from '../../harness/apache-kafka.ts'
import { apacheSentences } from '../../harness/apache-sentences.ts'
import { javaProgram } from '../../harness/java-program.ts'
import type { Server } from '../../harness/server.ts'
import type { Suite, SuiteContext } from '../../harness/suite.ts'
import { GroupMember, until, type GroupProtocol } from '../groups/member.ts'
import { Tools, toolClasses, type ToolName } from '../java-tools/tools.ts'
import { securedScripts } from './cases/acls.ts'
import { clusterScripts } from './cases/cluster.ts'
import { configScripts } from './cases/configs.ts'
import { consoleScripts } from './cases/console.ts'
import { groupScripts } from './cases/groups.ts'
import { offlineScripts } from './cases/offline.ts'
import { offsetScripts } from './cases/offsets.ts'
import { perfScripts } from './cases/perf.ts'
import { topicScripts } from './cases/topics.ts'
import { walkthroughScripts } from './cases/walkthroughs.ts'
import { comparable, type Comparable, type Said } from './comparable-output.ts'
import { OurTools } from './our-tools.ts'
import { checkOwn } from './own-cases.ts'
import type { ToolLine, ToolScript } from './tool-line.ts'
import { checkVerifiable } from './verifiable-cases.ts'

const scripts: readonly ToolScript[] = [
  // First: what they dump is to name no side.
  ...offlineScripts,
  ...topicScripts,
  ...configScripts,
  ...offsetScripts,
  ...groupScripts,
  ...walkthroughScripts,
  ...clusterScripts,
  ...consoleScripts,
  ...perfScripts,
]

/** As Apache Kafka’s own for tools: warnings and errors on standard error. */
const logging = join(import.meta.dirname, 'log4j2.properties')
const properties = { 'node.id': 1, 'group.initial.rebalance.delay.ms': 0, 'offsets.topic.num.partitions': 3 }
const authorizer = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
}
/** A letter each, that no other word in the lines ends with. */
const sides = { apache: 'j', ours: 'q' } as const
type Side = keyof typeof sides

export const suite: Suite = {
  name: 'tools-answers',
  core: true,
  budgetSeconds: 600,
  async prepare() {
    await apacheClassPath()
  },
  async run(context) {
    const server = await context.startServer({ properties })
    const [sentences, apache, ours] = await Promise.all([apacheSentences(), Tools.start({ logging }), OurTools.open()])
    const stage: Stage = { server, sentences, tools: apache, ours, folder: join(context.directory, 'files') }
    mkdirSync(stage.folder, { recursive: true })
    try {
      await prepare(stage)
      for (const script of scripts) await context.check(script.name, () => compareScript(script, stage))
      const secured = await context.startServer({ properties: { ...properties, ...authorizer } })
      for (const script of securedScripts) {
        await context.check(script.name, () => compareScript(script, { ...stage, server: secured }))
      }
      await checkClassNames(context)
      await checkVerifiable(server, ours, context)
      await checkOwn(server, context)
    } finally {
      await apache.close()
    }
  },
}

interface Stage {
  readonly server: Server
  readonly sentences: ReadonlyMap<number, string>
  readonly tools: Tools
  readonly ours: OurTools
  readonly folder: string
}

/** What all scripts may count on: `test-topic` with seven records, `three` with three partitions and configs. */
async function prepare({ tools, server }: Stage): Promise<void> {
  const bootstrap = ['--bootstrap-server', server.bootstrap]
  await tools.runWell('kafka-topics', [...bootstrap, '--create', '--topic', 'test-topic'])
  const three = '--create --topic three --partitions 3 --config retention.ms=3600000 --config segment.bytes=2097152'
  await tools.runWell('kafka-topics', [...bootstrap, ...three.split(' ')])
  const input = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n'
  await tools.runWell('kafka-console-producer', [...bootstrap, '--topic', 'test-topic'], input)
}

async function compareScript(script: ToolScript, stage: Stage): Promise<string> {
  const members = script.hasLiveGroups === true ? await liveMembers(stage.server) : []
  try {
    const problems: string[] = []
    for (const line of script.lines) problems.push(...(await compareLine(line, stage)))
    assert.equal(problems.length, 0, `${problems.length} of ${script.lines.length} lines\n  ${problems.join('\n  ')}`)
    return `${script.lines.length} lines`
  } finally {
    await Promise.all(members.map((member) => member.leave()))
  }
}

async function liveMembers({ bootstrap }: Server): Promise<readonly GroupMember[]> {
  const given = await javaProgram([join(import.meta.dirname, '..', 'groups', 'members', 'Member.java')])
  const members = (['classic', 'consumer'] as const).map((protocol: GroupProtocol) => {
    const membership = { bootstrap, topic: 'test-topic', group: `live-${protocol}`, protocol, sessionTimeoutMs: 45_000 }
    return GroupMember.start({ command: 'java', given }, membership)
  })
  for (const member of members) {
    await until('the member owns its partition', () => member.assigned.length === 1, {
      msMax: 60_000,
      present: () => member.complaints,
    })
  }
  return members
}

/** All that is wrong with what the two say. */
async function compareLine(line: ToolLine, stage: Stage): Promise<readonly string[]> {
  const typed = `${line.tool} ${line.text}`
  for (const [name, content] of Object.entries(line.files ?? {})) {
    for (const side of Object.values(sides)) {
      const filled = content.replaceAll('SIDE', side).replaceAll('FOLDER', stage.folder)
      writeFileSync(join(stage.folder, name.replaceAll('SIDE', side)), filled)
    }
  }
  const toolName = nameOfTool(line.tool)
  if (line.isPreparation === true) {
    for (const side of ['apache', 'ours'] as const) {
      const { status, stdout, stderr } = await stage.tools.run(toolName, words(line, side, stage), line.input)
      if (status !== 0) return [`${typed}: Apache's tool failed for both: ${stdout}${stderr}`]
    }
    return []
  }
  const [theirs, own] = await Promise.all([
    stage.tools.run(toolName, words(line, 'apache', stage), line.input),
    stage.ours.run(line.tool, words(line, 'ours', stage), line.input),
  ])
  const problems =
    line.differs === undefined ? sameProblems(line, theirs, own, stage) : differentProblems(line, theirs, own)
  return problems.map((problem) => `${typed}\n      ${problem}`)
}

function sameProblems(line: ToolLine, theirs: Said, own: Said, stage: Stage): readonly string[] {
  const as = (said: Said, side: Side): Comparable =>
    comparable(said, { ...line, side: sides[side], folder: stage.folder, sentences: stage.sentences })
  const [expected, actual] = [as(theirs, 'apache'), as(own, 'ours')]
  const problems = (['status', 'stdout', 'stderr'] as const).flatMap((part) => {
    const [wanted, got] = [JSON.stringify(expected[part]), JSON.stringify(actual[part])]
    return wanted === got ? [] : [`${part}\n        Apache: ${wanted}\n        ours:   ${got}`]
  })
  const all = `${own.stdout}${own.stderr}`
  if (line.expected?.test(all) === false) problems.push(`neither says ${String(line.expected)}: ${all}`)
  return problems
}

/** A difference that is meant has to be one, and ours says what it should. */
function differentProblems(line: ToolLine, theirs: Said, own: Said): readonly string[] {
  const problems: string[] = []
  const status = line.oursEndsWith ?? theirs.status
  if (own.status !== status) problems.push(`exit code ${own.status}, not ${status}: ${own.stdout}${own.stderr}`)
  const [before, after] = [`${theirs.stdout}${theirs.stderr}`, `${own.stdout}${own.stderr}`]
  if (before === after) problems.push(`differs no more from Apache's: ${after}`)
  if (line.ours?.test(after) === false) problems.push(`does not say ${String(line.ours)}: ${after}`)
  if (line.differs === 'own-help') {
    const missing = optionsIn(before).difference(optionsIn(after))
    if (missing.size > 0) problems.push(`help does not name ${[...missing].join(', ')}`)
  }
  return problems
}

function optionsIn(help: string): Set<string> {
  return new Set(Array.from(help.matchAll(/^ *(--[a-z][\w.-]*|-[a-z](?=,| |$))/gm), ([, option = '']) => option))
}

function words({ text, isBare }: ToolLine, side: Side, { server, folder }: Stage): readonly string[] {
  const filled = text
    .replaceAll('SIDE', sides[side])
    .replaceAll('FOLDER', folder)
    .replaceAll('DATA', join(server.directory, 'data'))
    .replaceAll('ADDRESS', server.bootstrap)
  const parts = Array.from(filled.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? '')
  if (parts.includes('BOOTSTRAP')) {
    return parts.flatMap((part) => (part === 'BOOTSTRAP' ? ['--bootstrap-server', server.bootstrap] : [part]))
  }
  return isBare === true ? parts : ['--bootstrap-server', server.bootstrap, ...parts]
}

function nameOfTool(tool: string): ToolName {
  const found = (Object.keys(toolClasses) as ToolName[]).find((name) => name === tool)
  if (found === undefined) throw new Error(`${tool}: not among the tools of java-tools/tools.ts`)
  return found
}

/** kafka-run-class.sh knows the classes that Apache's scripts start. */
async function checkClassNames({ check }: SuiteContext): Promise<void> {
  await check('kafka-run-class knows the classes that Apache Kafka’s scripts start, and starts our tools', async () => {
    for (const [tool, className] of Object.entries(toolClasses)) {
      const entry = tools.find(({ name }) => name === tool)
      assert.ok(entry?.classNames.includes(className), `${tool}: ${className}`)
    }
    const ours = await OurTools.open()
    const started = await ours.run('kafka-run-class', [toolClasses['kafka-topics'], '--version'])
    assert.deepEqual([started.status, started.stdout], [0, '4.3.1\n'])
    return `${Object.keys(toolClasses).length} classes`
  })
}
