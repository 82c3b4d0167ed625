/**
 * Every config of Apache Kafka, compared with ours one by one: definitions, properties files, what DescribeConfigs
 * says of a broker full of oddities, and how changes are answered. Needs no server of ours.
 */

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import {
  BrokerConfig,
  allowedText,
  brokerConfigs,
  clientMetricsConfigs,
  createdTopicConfigs,
  defaultText,
  describeBroker,
  describeClientMetrics,
  describeClusterDefault,
  describeGroup,
  describeTopic,
  groupConfigs,
  groupSynonyms,
  parseProperties,
  topicConfigs,
  topicSynonyms,
  type ConfigDefinitions,
} from '@gregor/config'

import { apacheClassPath, javaArguments, startApacheKafka } from '../../harness/apache-kafka.ts'
import { runWell } from '../../harness/process.ts'
import type { Server } from '../../harness/server.ts'
import type { Suite } from '../../harness/suite.ts'
import { changes, dynamic, properties, propertiesTexts, topics } from './cases.ts'
import { changeLine, changeOutcome, entryFromDescribed } from './outcomes.ts'

type Line = Readonly<Record<string, string | null>>

export const suite: Suite = {
  name: 'configs',
  core: true,
  budgetSeconds: 180,
  async prepare() {
    await apacheClassPath()
  },
  async run({ check }) {
    const tables = lines(await ask(['tables'], ''))
    await check(
      'every config has the name, type, default, range, scope and importance that Apache gives it',
      async () => compareTables(tables.filter(({ kind }) => kind === 'definition')),
    )
    await check('topics and groups follow the broker configs that Apache has them follow', async () =>
      compareSynonyms(tables.filter(({ kind }) => kind !== 'definition')),
    )
    await check('a properties file means what it means to Java', compareProperties)

    await check('the files in config/ load without a warning', async () => loadExamples())

    const server = await startApacheKafka({ properties })
    try {
      await check('changes are answered with the error codes of Apache', () => compareChanges(server))
      await check('brokers, topics, groups and subscriptions are described as by Apache', () =>
        compareDescriptions(server),
      )
    } finally {
      await server.stop()
    }
  },
}

function loadExamples(): string {
  const folder = join(import.meta.dirname, '..', '..', '..', 'config')
  const files = readdirSync(folder).filter((file) => file.endsWith('.properties'))
  for (const file of files) {
    const config = BrokerConfig.load({ properties: parseProperties(readFileSync(join(folder, file), 'utf8')) })
    assert.deepEqual(config.warnings, [], file)
  }
  return files.join(', ')
}

function compareTables(definitions: readonly Line[]): string {
  const ours: Readonly<Record<string, ConfigDefinitions>> = {
    broker: brokerConfigs,
    topic: topicConfigs,
    group: groupConfigs,
    clientMetrics: clientMetricsConfigs,
  }
  const missing = new Set(
    Object.entries(ours).flatMap(([table, entries]) => Object.keys(entries).map((name) => `${table} ${name}`)),
  )
  for (const { kind: _, table, name, ...facts } of definitions) {
    const definition = ours[table ?? '']?.[name ?? '']
    missing.delete(`${table} ${name}`)
    const mine = definition && {
      type: definition.type.toUpperCase(),
      default: defaultText(definition) ?? null,
      isRequired: String(definition.isRequired),
      // A line of a file is never null, which is all this validator refuses.
      allowed: name === 'authorizer.class.name' ? 'non-null string' : allowedText(definition.validator),
      importance: definition.importance.toUpperCase(),
      isInternal: String(definition.isInternal),
      scope: definition.scope,
    }
    assert.deepEqual(mine, facts, `${table} ${name}`)
  }
  assert.deepEqual([...missing], ['broker gregor.monitoring.address'])
  return `${definitions.length} configs`
}

function compareSynonyms(synonyms: readonly Line[]): string {
  for (const { kind, name, synonyms: theirs } of synonyms) {
    const ours =
      kind === 'groupSynonym'
        ? (Object.entries(groupSynonyms).find(([group]) => group === name)?.[1] ?? '')
        : Object.entries(topicSynonyms)
            .find(([topic]) => topic === name)?.[1]
            .map((synonym) => `${synonym.name}*${synonym.factor}`)
            .join(',')
    assert.equal(ours, theirs, name ?? '')
  }
  return `${synonyms.length} configs`
}

async function compareProperties(): Promise<string> {
  const texts = propertiesTexts(40_000)
  const input = texts.map((text) => `${Buffer.from(text).toString('base64')}\n`).join('')
  const answers = (await ask(['properties'], input)).trimEnd().split('\n')
  assert.equal(answers.length, texts.length)
  let malformed = 0
  for (const [index, text] of texts.entries()) {
    const theirs = JSON.parse(answers[index] ?? '') as readonly string[] | null
    const ours = pairsOf(text)
    if (theirs === null) malformed++
    // The one difference: a backslash alone on the last line makes an empty key in Java.
    const isEmptyKey = theirs?.[0] === '' && theirs[1] === '' && /(^|[\r\n])[ \t\f]*\\(\r|\n)?$/.test(text)
    const isSame = JSON.stringify(ours) === JSON.stringify(theirs)
    assert.ok(isSame || isEmptyKey, `${JSON.stringify(text)}: ${JSON.stringify(ours)}, Java: ${JSON.stringify(theirs)}`)
  }
  return `${texts.length} texts, ${malformed} of them malformed`
}

/** Keys and values in turns, in Java's order of keys; null where the text is refused. */
function pairsOf(text: string): readonly string[] | null {
  try {
    return [...parseProperties(text)].toSorted(([a], [b]) => (a < b ? -1 : 1)).flat()
  } catch {
    return null
  }
}

async function compareChanges(server: Server): Promise<string> {
  const answers = lines(
    await ask(['alter', server.bootstrap], changes.map((change) => `${changeLine(change)}\n`).join('')),
  )
  const config = configOf(server)
  const ours = changes.map((change) => `${change.join(' ')}: ${changeOutcome(config, change)}`)
  assert.deepEqual(
    ours,
    changes.map((change, index) => `${change.join(' ')}: ${answers[index]?.['error']}`),
  )
  return `${changes.length} changes`
}

async function compareDescriptions(server: Server): Promise<string> {
  const set = (resource: string, configs: Readonly<Record<string, string>>): string =>
    changeLine([resource, ...Object.entries(configs).map(([name, value]) => `SET ${name} ${value}`)])
  const input = [
    set('BROKER ', dynamic.cluster),
    set('BROKER 1', dynamic.broker),
    set('GROUP g', dynamic.group),
    set('CLIENT_METRICS m', dynamic.clientMetrics),
  ]
  const theirs = lines(await ask(['describe', server.bootstrap], `${input.join('\n')}\n`))
  const ours = new Map(descriptions(configOf(server)).map((line) => [`${line['resource']} ${line['name']}`, line]))
  for (const line of theirs) {
    const key = `${line['resource']} ${line['name']}`
    assert.deepEqual(ours.get(key), line, key)
    ours.delete(key)
  }
  assert.deepEqual([...ours.keys()], [])
  return `${theirs.length} entries with their synonyms`
}

function descriptions(file: BrokerConfig): readonly Line[] {
  const options = { names: null, includesSynonyms: true, includesDocumentation: false }
  // Formatting sets this one for the cluster (KIP-966).
  const formatted = { 'min.insync.replicas': '1' }
  const fresh = file.withDynamic({ broker: new Map(), cluster: map(formatted) })
  const config = file.withDynamic({ broker: map(dynamic.broker), cluster: map({ ...formatted, ...dynamic.cluster }) })
  return [
    ...describeBroker(config, options).map((each) => entryFromDescribed('BROKER:1', each)),
    ...describeClusterDefault(config, options).map((each) => entryFromDescribed('BROKER:', each)),
    ...describeGroup(config, map(dynamic.group), options).map((each) => entryFromDescribed('GROUP:g', each)),
    ...describeClientMetrics(map(dynamic.clientMetrics), options).map((each) =>
      entryFromDescribed('CLIENT_METRICS:m', each),
    ),
    ...Object.entries(topics).flatMap(([topic, own]) => [
      ...describeTopic(config, map(own), options).map((each) => entryFromDescribed(`TOPIC:${topic}`, each)),
      // CreateTopics tells no types.
      ...createdTopicConfigs(fresh, map(own)).map((each) => ({
        ...entryFromDescribed(`created:${topic}`, each),
        type: 'UNKNOWN',
      })),
    ]),
  ]
}

/** Our reading of the file that the server was started with. */
function configOf(server: Server): BrokerConfig {
  const text = readFileSync(join(server.directory, 'server.properties'), 'utf8')
  return BrokerConfig.load({ properties: parseProperties(text) })
}

function map(configs: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(configs))
}

async function ask(given: readonly string[], input: string): Promise<string> {
  const program = join(import.meta.dirname, 'java', 'ConfigPeer.java')
  return runWell('java', await javaArguments(program, given), { input })
}

function lines(text: string): readonly Line[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}
