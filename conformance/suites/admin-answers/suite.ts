/**
 * The same admin requests to Apache Kafka and to Gregor, good ones and bad ones, in old versions and new: the decoded
 * answers are equal, error codes and messages included, but for ids, addresses and the order of what has none.
 */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { advertisedVersions, ApiVersions, errorMessage, errorName, Metadata, type ResponseOf } from '@gregor/protocol'

import { apacheClassPath, startApacheKafka } from '../../harness/apache-kafka.ts'
import { apacheSentences } from '../../harness/apache-sentences.ts'
import { freePort, type Server, type ServerOptions } from '../../harness/server.ts'
import type { Suite, SuiteContext } from '../../harness/suite.ts'
import { autoCreateCases } from './cases/auto-create.ts'
import { brokerCases } from './cases/brokers.ts'
import { clusterCases } from './cases/cluster.ts'
import { configCases } from './cases/configs.ts'
import { controllerCases } from './cases/controller.ts'
import { deniedCases } from './cases/denied.ts'
import { produceCases } from './cases/produce.ts'
import { readCases } from './cases/reads.ts'
import { aclCases, credentialCases, quotaCases, tokenCases, tokenReadCases } from './cases/security.ts'
import { topicCases } from './cases/topics.ts'
import { comparable, type Given } from './comparable.ts'
import type { Exchange } from './exchange.ts'
import { probes, type Probe } from './probes.ts'
import { RawClient } from '../../harness/raw-client.ts'

/** A read is asked again for so long, as a server may need a moment to see what it has just decided. */
const settleMsMax = 3_000

/** What docs/reference/apis.md says of Apache Kafka. */
const apacheVersionsFile = join(import.meta.dirname, '..', '..', 'apache-kafka', 'advertised-apis.json')

export const suite: Suite = {
  name: 'admin-answers',
  core: true,
  budgetSeconds: 300,
  async prepare() {
    await apacheClassPath()
  },
  async run(context) {
    const sentences = await apacheSentences()
    const compare = (exchanges: readonly Exchange[], options: Compared): Promise<void> =>
      compareAll(exchanges, { context, sentences, options })
    const securityCases = [...quotaCases, ...credentialCases, ...aclCases, ...tokenCases, ...tokenReadCases]
    const plain = [...topicCases, ...configCases, ...clusterCases, ...securityCases, ...produceCases, ...readCases]
    await compare(plain, { properties: { 'auto.create.topics.enable': false }, probes })
    const withAuthorizer = aclCases.map((one) => ({ ...one, title: `${one.title}, with an authorizer` }))
    await compare(withAuthorizer, { properties: { ...authorizer, 'super.users': 'User:ANONYMOUS' } })
    await compare(deniedCases, { properties: { ...authorizer, 'allow.everyone.if.no.acl.found': true } })
    const internal = {
      'offsets.topic.num.partitions': 2,
      'transaction.state.log.num.partitions': 2,
      'share.coordinator.state.topic.num.partitions': 2,
    }
    await compare(autoCreateCases, { properties: { 'num.partitions': 3, ...internal } })
    await compare([...controllerCases, ...tokenCases, ...brokerCases], { properties: {}, asksController: true, probes })
  },
}

const authorizer = { 'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer' }

interface Compared {
  readonly properties: NonNullable<ServerOptions['properties']>
  /** The requests go to the controller’s listener. */
  readonly asksController?: boolean
  readonly probes?: readonly Probe[]
}

interface Comparison {
  readonly context: SuiteContext
  readonly sentences: ReadonlyMap<number, string>
  readonly options: Compared
}

async function compareAll(exchanges: readonly Exchange[], { context, sentences, options }: Comparison): Promise<void> {
  const [apache, gregor] = await Promise.all([
    startBoth(startApacheKafka, options.properties),
    startBoth(context.startServer, options.properties),
  ])
  const port = options.asksController === true ? 'controllerPort' : 'brokerPort'
  const sides = [
    new Side(apache, apache[port], (code) => sentences.get(code)),
    new Side(gregor, gregor[port], (code) => errorMessage(errorName(code))),
  ] as const
  try {
    await context.check('advertises the newest version that Apache Kafka does, of all that it serves', async () => {
      const [theirs, ours] = [await sides[0].newestVersions(), await sides[1].newestVersions()]
      const expected = new Map([...theirs].filter(([key]) => ours.has(key)))
      assert.deepStrictEqual(ours, expected)
      return `${ours.size} of ${theirs.size}`
    })
    await context.check('the reference says of Apache Kafka what it says of itself', async () => {
      const table = JSON.parse(readFileSync(apacheVersionsFile, 'utf8')) as Record<string, Record<string, string>>
      const listener = options.asksController === true ? 'controller' : 'broker'
      assert.deepStrictEqual(await sides[0].versionTexts(), table[listener])
    })
    for (const { title, ask } of options.probes ?? []) {
      await context.check(`is taken alike: ${title}`, async () => {
        const [expected, actual] = [await sides[0].probe(ask), await sides[1].probe(ask)]
        assert.deepStrictEqual(actual, expected)
      })
    }
    for (const each of exchanges) {
      for (const version of each.versions ?? [newestVersion(each)]) {
        const name = `is answered alike: ${each.title}${each.versions === undefined ? '' : ` (v${version})`}`
        await context.check(name, () => compareOne(each, version, sides))
      }
    }
  } finally {
    for (const side of sides) side.close()
    await Promise.all([apache.server.stop(), gregor.server.stop()])
  }
}

interface Started {
  readonly server: Server
  readonly brokerPort: number
  readonly controllerPort: number
}

/** With a listener for clients and one for the controller. */
async function startBoth(
  start: (options: ServerOptions) => Promise<Server>,
  properties: Compared['properties'],
): Promise<Started> {
  const [brokerPort, controllerPort] = [await freePort(), await freePort()]
  const server = await start({
    port: brokerPort,
    properties: {
      listeners: `PLAINTEXT://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:${controllerPort}`,
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'controller.listener.names': 'CONTROLLER',
      'process.roles': 'broker,controller',
      'node.id': 1,
      ...properties,
    },
  })
  return { server, brokerPort, controllerPort }
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
  readonly #client: RawClient
  /** Knows the ids of topics. */
  readonly #broker: RawClient
  readonly #given: Omit<Given, 'ignoring'>
  #brokerEpoch = -1

  constructor({ brokerPort, controllerPort }: Started, port: number, standardSentence: Given['standardSentence']) {
    this.#client = new RawClient(port)
    this.#broker = new RawClient(brokerPort)
    this.#given = { ports: [brokerPort, controllerPort], standardSentence }
  }

  async answer({ api, request, ignoring = [] }: Exchange, version: number): Promise<unknown> {
    const answer = await this.#client.call(api, (await this.#withIds(request)) as never, version)
    this.#remember(answer)
    return comparable(answer, { ...this.#given, ignoring })
  }

  async newestVersions(): Promise<ReadonlyMap<number, number>> {
    return new Map((await this.#apiKeys()).map(({ apiKey, maxVersion }) => [apiKey, maxVersion]))
  }

  /** As the reference has them. */
  async versionTexts(): Promise<Readonly<Record<string, string>>> {
    const texts = (await this.#apiKeys()).map(({ apiKey, minVersion, maxVersion }) => {
      return [String(apiKey), minVersion === maxVersion ? `${minVersion}` : `${minVersion}-${maxVersion}`] as const
    })
    return Object.fromEntries(texts)
  }

  async #apiKeys(): Promise<ResponseOf<typeof ApiVersions>['apiKeys']> {
    const answer = await this.#client.call(ApiVersions, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' })
    assert.ok(answer !== 'closed')
    return answer.apiKeys
  }

  probe(ask: Probe['ask']): Promise<unknown> {
    return ask(this.#client)
  }

  close(): void {
    this.#client.close()
    this.#broker.close()
  }

  /** Of the broker that was registered last. */
  #remember(answer: unknown): void {
    const isRegistration = typeof answer === 'object' && answer !== null && 'brokerEpoch' in answer
    if (isRegistration && typeof answer.brokerEpoch === 'number' && answer.brokerEpoch >= 0) {
      this.#brokerEpoch = answer.brokerEpoch
    }
  }

  /** `id:NAME` becomes the id of that topic on this server; `epoch:5` and `cluster-id` what they say. */
  async #withIds(value: unknown): Promise<unknown> {
    if (value === 'epoch:5') return this.#brokerEpoch
    if (value === 'cluster-id') return this.#clusterId()
    if (typeof value === 'string') return value.startsWith('id:') ? this.#topicId(value.slice(3)) : value
    if (Array.isArray(value)) return Promise.all(value.map((element) => this.#withIds(element)))
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
    const entries = Object.entries(value).map(async ([name, inner]) => [name, await this.#withIds(inner)] as const)
    return Object.fromEntries(await Promise.all(entries))
  }

  async #clusterId(): Promise<string> {
    const answer = await this.#broker.call(Metadata, { topics: [], allowAutoTopicCreation: false })
    assert.ok(answer !== 'closed')
    return answer.clusterId ?? ''
  }

  async #topicId(name: string): Promise<string> {
    const answer = await this.#broker.call(Metadata, { topics: [{ name }], allowAutoTopicCreation: false })
    assert.ok(answer !== 'closed')
    return answer.topics[0]?.topicId ?? ''
  }
}

function newestVersion({ api }: Exchange): number {
  return advertisedVersions(api)?.max ?? api.versions.max
}
