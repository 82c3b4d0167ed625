/**
 * The same admin requests to Apache Kafka and to Gregor, good ones and bad ones, in old versions and new: the decoded
 * answers are equal, error codes and messages included, but for ids, addresses and the order of what has none.
 */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { advertisedVersions, errorMessage, errorName, Metadata } from '@gregor/protocol'

import { apacheClassPath, javaArguments, startApacheKafka } from '../../harness/apache-kafka.ts'
import { runWell } from '../../harness/process.ts'
import type { ServerOptions } from '../../harness/server.ts'
import type { Suite, SuiteContext } from '../../harness/suite.ts'
import { clusterCases } from './cases/cluster.ts'
import { configCases } from './cases/configs.ts'
import { aclCases, credentialCases, quotaCases } from './cases/security.ts'
import { topicCases } from './cases/topics.ts'
import { comparable, type Given } from './comparable.ts'
import type { Exchange } from './exchange.ts'
import { RawClient } from './raw-client.ts'

/** A read is asked again for so long, as a server may need a moment to see what it has just decided. */
const settleMsMax = 3_000

export const suite: Suite = {
  name: 'admin-answers',
  core: true,
  budgetSeconds: 180,
  async prepare() {
    await apacheClassPath()
  },
  async run(context) {
    const plain = [...topicCases, ...configCases, ...clusterCases, ...quotaCases, ...credentialCases, ...aclCases]
    await compareAll(plain, context, { properties: { 'auto.create.topics.enable': false } })
    await compareAll(
      aclCases.map((one) => ({ ...one, title: `${one.title}, with an authorizer` })),
      context,
      {
        properties: {
          'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
          'super.users': 'User:ANONYMOUS',
        },
      },
    )
  },
}

async function compareAll(
  exchanges: readonly Exchange[],
  context: SuiteContext,
  options: ServerOptions,
): Promise<void> {
  const [apache, gregor] = await Promise.all([startApacheKafka(options), context.startServer(options)])
  const theirs = await apacheSentences()
  const sides = [
    new Side(apache.port, (code) => theirs.get(code)),
    new Side(gregor.port, (code) => errorMessage(errorName(code))),
  ] as const
  try {
    for (const each of exchanges) {
      for (const version of each.versions ?? [newestVersion(each)]) {
        await context.check(
          `is answered alike: ${each.title}${each.versions === undefined ? '' : ` (v${version})`}`,
          () => compareOne(each, version, sides),
        )
      }
    }
  } finally {
    for (const side of sides) side.client.close()
    await Promise.all([apache.stop(), gregor.stop()])
  }
}

async function compareOne(each: Exchange, version: number, [apache, gregor]: readonly [Side, Side]): Promise<void> {
  const endMs = performance.now() + settleMsMax
  for (;;) {
    const [expected, actual] = [await apache.answer(each, version), await gregor.answer(each, version)]
    try {
      return assert.deepStrictEqual(actual, expected)
    } catch (error) {
      if (each.isRead !== true || performance.now() > endMs) throw error
      await sleep(100)
    }
  }
}

class Side {
  readonly client: RawClient
  readonly #port: number
  readonly #standardSentence: Given['standardSentence']

  constructor(port: number, standardSentence: Given['standardSentence']) {
    this.#port = port
    this.#standardSentence = standardSentence
    this.client = new RawClient(port)
  }

  async answer({ api, request, ignoring = [] }: Exchange, version: number): Promise<unknown> {
    const answer = await this.client.call(api, (await this.#withIds(request)) as never, version)
    return comparable(answer, { port: this.#port, ignoring, standardSentence: this.#standardSentence })
  }

  /** `id:NAME` becomes the id of that topic on this server. */
  async #withIds(value: unknown): Promise<unknown> {
    if (typeof value === 'string') return value.startsWith('id:') ? this.#topicId(value.slice(3)) : value
    if (Array.isArray(value)) return Promise.all(value.map((element) => this.#withIds(element)))
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
    const entries = Object.entries(value).map(async ([name, inner]) => [name, await this.#withIds(inner)] as const)
    return Object.fromEntries(await Promise.all(entries))
  }

  async #topicId(name: string): Promise<string> {
    const client = new RawClient(this.#port)
    const answer = await client.call(Metadata, { topics: [{ name }], allowAutoTopicCreation: false })
    client.close()
    assert.ok(answer !== 'closed')
    return answer.topics[0]?.topicId ?? ''
  }
}

async function apacheSentences(): Promise<ReadonlyMap<number, string>> {
  const program = join(import.meta.dirname, 'java', 'ErrorTexts.java')
  const text = await runWell('java', await javaArguments(program, []))
  const lines = text.trimEnd().split('\n')
  return new Map(lines.map((line) => [Number(line.slice(0, line.indexOf('\t'))), line.slice(line.indexOf('\t') + 1)]))
}

function newestVersion({ api }: Exchange): number {
  return advertisedVersions(api)?.max ?? api.versions.max
}
