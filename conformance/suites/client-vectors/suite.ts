/**
 * What the client decides as the Java client does: where keys go, how groups share partitions out, what they tell each
 * other. Thousands of cases are put to the Java client's classes and to ours, which have to give the same, in the same
 * order. Needs no server.
 */

import assert from 'node:assert/strict'
import { join } from 'node:path'

import { assignorNames, murmur2, type AssignorName } from '@gregor/client'
import { string } from '@gregor/serde'

import { javaProgram } from '../../harness/java-program.ts'
import { runWell } from '../../harness/process.ts'
import type { Suite } from '../../harness/suite.ts'
import { tellStory, type Told } from './group-stories.ts'
import { builtInStory, roundRobinStory, type PartitionerTold } from './partitioner-stories.ts'
import { seeded, type Seeded } from './seeded.ts'
import { halfUtf8, serdeCase, serdeContext } from './serde-cases.ts'

const sources = ['ScriptedPartitioner.java', 'VectorPeer.java'].map((name) => join(import.meta.dirname, 'java', name))

export const suite: Suite = {
  name: 'client-vectors',
  core: true,
  budgetSeconds: 300,
  async prepare() {
    await javaProgram(sources)
  },
  async run({ check, scope }) {
    const effort = scope === 'all' ? 4 : 1
    await check('murmur2 of bytes is Java’s', () => compareHashes(10_000 * effort))
    await check('records without a key go where Java sends them when chance is the same', () =>
      comparePartitioners(1_000 * effort, builtInStory),
    )
    await check('round robin takes the turns that Java takes', () => comparePartitioners(300 * effort, roundRobinStory))
    await check('keys and values are the bytes that Java’s serializers make', () => compareSerdes(2_000 * effort))
    await check('bytes that are no UTF-8 are the text that Java reads', () => compareTexts(2_000 * effort))
    for (const name of assignorNames) {
      await check(`${name} gives each member what Java gives it, in the same order, and the same user data`, () =>
        compareAssignor(name, 600 * effort),
      )
    }
  },
}

async function compareHashes(count: number): Promise<string> {
  const random = seeded(1)
  const keys = Array.from({ length: count }, () => random.bytes(random.below(random.one([8, 40, 300]))))
  const theirs = await ask<number>(keys.map((key) => ({ ask: 'murmur2', bytes: key.toString('base64') })))
  for (const [index, key] of keys.entries()) assert.equal(murmur2(key), theirs[index], key.toString('hex'))
  return `${count} byte strings`
}

async function comparePartitioners(count: number, tell: (random: Seeded) => PartitionerTold): Promise<string> {
  const told = Array.from({ length: count }, (_, seed) => tell(seeded(seed)))
  const theirs = await ask<readonly number[]>(told.map(({ story }) => story))
  for (const [seed, { story, answers }] of told.entries())
    assert.deepEqual(answers, theirs[seed], `seed ${seed}: ${JSON.stringify(story)}`)
  return `${count} producers, ${told.reduce((sum, { answers }) => sum + answers.length, 0)} records`
}

async function compareSerdes(count: number): Promise<string> {
  const random = seeded(3)
  const cases = Array.from({ length: count }, () => serdeCase(random))
  const theirs = await ask<string>(cases.map(({ type, text }) => ({ ask: 'serialize', type, value: text })))
  for (const [index, { type, text, written }] of cases.entries())
    assert.equal(Buffer.from(written ?? '').toString('hex'), theirs[index], `${type} ${JSON.stringify(text)}`)
  return `${count} values of 8 types`
}

async function compareTexts(count: number): Promise<string> {
  const random = seeded(4)
  const texts = Array.from({ length: count }, () => halfUtf8(random))
  const theirs = await ask<string>(texts.map((bytes) => ({ ask: 'text', bytes: bytes.toString('base64') })))
  for (const [index, bytes] of texts.entries())
    assert.equal(string().deserialize(bytes, serdeContext), theirs[index], bytes.toString('hex'))
  return `${count} byte strings`
}

async function compareAssignor(name: AssignorName, count: number): Promise<string> {
  const told = Array.from({ length: count }, (_, seed) => tellStory(seeded(seed), name))
  const theirs = await ask<readonly Told['answers'][number][]>(told.map(({ story }) => story))
  let rounds = 0
  let partitions = 0
  let failures = 0
  for (const [seed, { story, answers }] of told.entries()) {
    for (const [round, answer] of answers.entries()) {
      rounds++
      if (isFailureOfJava(theirs[seed]?.[round])) {
        failures++
        continue
      }
      const where = `seed ${seed}, round ${round}: ${JSON.stringify(story.rounds[round])}`
      assert.deepEqual(answer, theirs[seed]?.[round], where)
      partitions += Object.values(answer).reduce((sum, given) => sum + given.partitions.length, 0)
    }
  }
  // Above that it would not be the rare case any more that is told of here.
  assert.ok(failures < rounds / 100, `Java failed in ${failures} of ${rounds} rebalances`)
  const failed = failures === 0 ? '' : `, not counting ${failures} in which Java throws a NullPointerException`
  return `${rounds} rebalances of ${count} groups, ${partitions} partitions${failed}`
}

/** It has one where a partition's earlier owner has nothing to share out any more. */
function isFailureOfJava(answer: object | undefined): boolean {
  const failure: unknown = Object(answer).failure
  return typeof failure === 'string' && failure.startsWith('java.lang.NullPointerException')
}

async function ask<T>(cases: readonly object[]): Promise<readonly T[]> {
  const input = cases.map((one) => `${JSON.stringify(one)}\n`).join('')
  const output = await runWell('java', await javaProgram(sources), { input })
  const answers = output.trimEnd().split('\n')
  assert.equal(answers.length, cases.length)
  return answers.map((line) => JSON.parse(line) as T)
}
