/** Apache's command-line tools: what they say of our server beside what they say of Apache's, and of our files. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { apacheClassPath, apacheTool, startApacheKafka } from '../../harness/apache-kafka.ts'
import { servedApis } from '../../harness/served-apis.ts'
import type { Server } from '../../harness/server.ts'
import type { Suite } from '../../harness/suite.ts'
import { javaProgram } from '../../harness/java-program.ts'
import { GroupMember, until, type GroupProtocol } from '../groups/member.ts'
import { dialogues } from './dialogues.ts'
import { dumpCases } from './dump-cases.ts'
import type { Dialogue, Line } from './line.ts'
import { withoutWhatDiffers } from './normal-output.ts'
import { Tools, toolClasses, type ToolName } from './tools.ts'

const joinGroup = 11
/** So that both have the same. */
const properties = { 'node.id': 1, 'group.initial.rebalance.delay.ms': 0, 'offsets.topic.num.partitions': 3 }

export const suite: Suite = {
  name: 'java-tools',
  core: true,
  budgetSeconds: 300,
  async prepare() {
    await apacheClassPath()
  },
  async run({ check, gap, startServer }) {
    const server = await startServer({ properties })
    const apache = await startApacheKafka({ properties, isStandalone: true })
    const tools = await Tools.start()
    try {
      const servesGroups = (await servedApis(server.port)).has(joinGroup)
      await check('W2: kafka-topics.sh as a process of its own', () => ownProcess(server))
      for (const dialogue of dialogues) {
        if (dialogue.isGroups === true && !servesGroups) gap(dialogue.name, 'groups are not served yet')
        else await check(dialogue.name, () => compare(tools, dialogue, { server, apache }))
      }
      await check('kafka-delete-records.sh deletes before an offset', () => deleteRecords(tools, server))
      await check('kafka-broker-api-versions.sh finds each API usable at the version that Apache has', () =>
        compareVersions(tools, { server, apache }),
      )
      for (const { name, body } of dumpCases) await check(name, () => body(tools, server))
    } finally {
      await tools.close()
      await apache.kill()
    }
  },
}

async function ownProcess(server: Server): Promise<void> {
  const given = ['--bootstrap-server', server.bootstrap, '--create', '--topic', 'by-a-process']
  const { status, stdout, stderr } = await apacheTool(toolClasses['kafka-topics'], given)
  assert.deepEqual([status, stdout], [0, 'Created topic by-a-process.\n'], stderr)
  const again = ['--bootstrap-server', server.bootstrap, '--delete', '--topic', 'by-a-process']
  assert.equal((await apacheTool(toolClasses['kafka-topics'], again)).status, 0)
}

interface Both {
  readonly server: Server
  readonly apache: Server
}

async function compare(tools: Tools, { lines, liveMember }: Dialogue, both: Both): Promise<string> {
  if (liveMember === undefined) return compareLines(tools, lines, both)
  const members = await Promise.all([both.server, both.apache].map((server) => joinLive(server, liveMember)))
  try {
    return await compareLines(tools, lines, both)
  } finally {
    await Promise.all(members.map((member) => member.leave()))
  }
}

/** A member that owns the one partition of test-topic, and has read and committed all of it. */
async function joinLive({ bootstrap }: Server, protocol: GroupProtocol): Promise<GroupMember> {
  const given = await javaProgram([join(import.meta.dirname, '..', 'groups', 'members', 'Member.java')])
  const membership = { bootstrap, topic: 'test-topic', group: 'live', protocol, sessionTimeoutMs: 45_000 }
  const member = GroupMember.start({ command: 'java', given }, membership)
  await until('the member owns its partition', () => member.assigned.length === 1, {
    msMax: 60_000,
    present: () => member.complaints,
  })
  return member
}

/** All lines are tried, and all differences told. */
async function compareLines(tools: Tools, lines: readonly Line[], { server, apache }: Both): Promise<string> {
  const problems: string[] = []
  for (const line of lines) {
    const [ours, theirs] = [await ask(tools, line, server), await ask(tools, line, apache)]
    const command = `${line.tool} ${line.given.join(' ')}`
    if (ours.join('\n') !== theirs.join('\n')) problems.push([command, ...difference(ours, theirs)].join('\n    '))
    else if (line.expected?.test(ours.join('\n')) === false)
      problems.push(`${command}: neither says ${String(line.expected)}: ${ours.join('\n')}`)
  }
  assert.equal(problems.length, 0, problems.join('\n  '))
  return `${lines.length} commands`
}

async function ask(tools: Tools, line: Line, server: Server): Promise<readonly string[]> {
  const { tool, given, input } = line
  const address = ['--bootstrap-server', server.bootstrap]
  // One tool wants it behind its command.
  const all = tool === 'kafka-cluster' ? [...given, ...address] : [...address, ...given]
  const { status, stdout, stderr } = await tools.run(tool, all, input)
  return withoutWhatDiffers(`${stdout}${stderr}\nexit code ${status}`, server, line)
}

function difference(ours: readonly string[], theirs: readonly string[]): readonly string[] {
  const [own, other] = [ours.filter((line) => !theirs.includes(line)), theirs.filter((line) => !ours.includes(line))]
  if (own.length + other.length === 0) return ['the same lines in another order:', ...ours]
  return [...own.map((line) => `ours:   ${line}`), ...other.map((line) => `Apache: ${line}`)]
}

async function deleteRecords(tools: Tools, server: Server): Promise<void> {
  const file = join(server.directory, 'delete.json')
  const partitions = [{ topic: 'test-topic', partition: 0, offset: 4 }]
  writeFileSync(file, JSON.stringify({ partitions, version: 1 }))
  const bootstrap = ['--bootstrap-server', server.bootstrap]
  const said = await tools.runWell('kafka-delete-records', [...bootstrap, '--offset-json-file', file])
  assert.match(said, /partition: test-topic-0\tlow_watermark: 4/)
  const first = await tools.runWell('kafka-get-offsets', [...bootstrap, '--topic', 'test-topic', '--time', '-2'])
  assert.equal(first, 'test-topic:0:4\n')
}

async function compareVersions(
  tools: Tools,
  { server, apache }: { readonly server: Server; readonly apache: Server },
): Promise<string> {
  const [ours, theirs] = [await versions(tools, server), await versions(tools, apache)]
  const missing: string[] = []
  for (const [name, { min, max }] of theirs) {
    const own = ours.get(name)
    if (own === undefined) missing.push(name)
    // We serve some older versions than Apache 4 does.
    else assert.ok(own.max === max && own.min <= min, `${name}: ${own.min}-${own.max}, Apache ${min}-${max}`)
  }
  for (const name of ours.keys()) assert.ok(theirs.has(name), `${name} is unknown to Apache`)
  return `${ours.size} of ${theirs.size} APIs; not yet: ${missing.join(', ')}`
}

async function versions(tools: Tools, server: Server): Promise<ReadonlyMap<string, { min: number; max: number }>> {
  const tool: ToolName = 'kafka-broker-api-versions'
  const text = await tools.runWell(tool, ['--bootstrap-server', server.bootstrap])
  const found = [...text.matchAll(/^\t(\w+)\(\d+\): (\d+)(?: to (\d+))? \[usable: \d+\]/gm)]
  assert.ok(found.length > 10, text)
  return new Map(found.map(([, name = '', min, max]) => [name, { min: Number(min), max: Number(max ?? min) }]))
}
