/**
 * The pages of docs/reference, made from what the code itself says: commands, configs, metrics, APIs, the client. `npm run docs` writes
 * them; a test fails where a page is not what it would be now.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { metricFamilies, servedApis } from '@gregor/broker'
import { commandHelp, commands, tools, type Tool } from '@gregor/cli'
import { brokerConfigs, embeddedDefaults, topicConfigs, topicSynonyms } from '@gregor/config'
import type { ConfigDefinition, ConfigDefinitions } from '@gregor/config'
import { processMetrics, type MetricDefinition } from '@gregor/platform'
import { apis } from '@gregor/protocol'

import { clientApiPage } from './client-api-page.ts'
import { clientConfigsPage, clientErrorsPage } from './client-reference.ts'
import { cell, configCells, page, table } from './reference-page.ts'

/** By path below docs/reference. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['apis.md', apisPage()],
    ['client-api.md', clientApiPage()],
    ['client-configs.md', clientConfigsPage()],
    ['client-errors.md', clientErrorsPage()],
    ['commands.md', await commandsPage()],
    ['configs.md', configsPage()],
    ['metrics.md', metricsPage()],
  ])
}

/** Of Apache Kafka 4.3.1: taken from a running node, and compared with one by conformance. */
const apacheVersionsFile = join(import.meta.dirname, '..', 'conformance', 'apache-kafka', 'advertised-apis.json')

const apisIntroduction = `What a node says in ApiVersions that it serves, on the listeners of its clients and on that of its controller, beside what
Apache Kafka 4.3.1 says there. An empty cell: not served. Versions below those of Apache Kafka are those that clients of
3.9 and before still use; Produce 0 to 2 are offered and refused by both, because old librdkafka compresses nothing otherwise.`

function apisPage(): string {
  const apache = JSON.parse(readFileSync(apacheVersionsFile, 'utf8')) as Record<string, Record<string, string>>
  const rows = apis.map(({ key, name }) => [
    String(key),
    name,
    servedText('broker', key),
    apache['broker']?.[key] ?? '',
    servedText('controller', key),
    apache['controller']?.[key] ?? '',
  ])
  const missing = rows.filter(([, , ours, theirs]) => ours === '' && theirs !== '').map(([, name]) => name)
  return page(
    'APIs',
    apisIntroduction,
    table(['key', 'API', 'clients, here', 'in Apache Kafka', 'controller, here', 'in Apache Kafka'], rows),
    missing.length === 0
      ? 'Clients find all that Apache Kafka serves.'
      : `Not served to clients: ${missing.join(', ')}.`,
  )
}

function servedText(listener: 'broker' | 'controller', key: number): string {
  const served = servedApis[listener].find(({ apiKey }) => apiKey === key)
  if (served === undefined) return ''
  const { minVersion, maxVersion } = served
  return minVersion === maxVersion ? `${minVersion}` : `${minVersion}-${maxVersion}`
}

const toolsIntroduction = `Under the names of Apache Kafka’s scripts, with its options, lines and exit codes; what differs is in
[compatibility.md](../compatibility.md#tools). They work against Apache Kafka as well. \`bin/kafka-run-class.sh\` takes the class names
of Apache Kafka’s tools.`

async function commandsPage(): Promise<string> {
  const each = commands.map((command) => `## gregor ${command.name}\n\n\`\`\`\n${commandHelp(command)}\n\`\`\``)
  const loaded = await Promise.all(tools.map(({ load }) => load()))
  const ofKafka = loaded.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(toolText)
  return page(
    'Commands',
    'From a checkout: `bin/gregor COMMAND`.',
    ...each,
    '## Kafka’s tools',
    toolsIntroduction,
    ...ofKafka,
  )
}

function toolText(tool: Tool): string {
  const { name, summary, examples } = tool
  const shown = examples.map((example) => `${name}.sh ${example}`)
  const lines = [...(shown.length === 0 ? [] : [...shown, '']), tool.help()]
  return `### ${name}.sh\n\n${summary}\n\n\`\`\`\n${lines.join('\n')}\n\`\`\``
}

function metricsPage(): string {
  const introduction = `\`/metrics\` shows these in Prometheus’ text format at \`gregor.monitoring.address\`: \`npm start\` serves it on
\`127.0.0.1:9404\`, a node with a \`server.properties\` where that says so. Where the port is taken the node goes on without, and
says so in its log. \`/health\` beside it answers 200 while clients are served, else 503, with the reason as JSON.

Names follow the usual rules of Prometheus’ JMX exporter for Kafka, so that dashboards made for it find them; what Kafka has not
got begins with \`gregor_\`. Counters count from the start of the process. With \`topic=""\` a metric is of all topics together.`
  const node = metricFamilies.map(({ definition }) => definition)
  const own = processMetrics.map(({ definition }) => definition)
  return page('Metrics', introduction, '## Of the node', metricsTable(node), '## Of the process', metricsTable(own))
}

function metricsTable(definitions: readonly MetricDefinition[]): string {
  const rows = definitions.map(({ name, kind, labels = [], help }) => [
    `\`${name}\``,
    kind,
    labels.map((label) => `\`${label}\``).join(' '),
    help,
  ])
  return table(['metric', 'kind', 'labels', 'meaning'], rows)
}

function configsPage(): string {
  const introduction = `Names, types, defaults and ranges are Apache Kafka’s. *Changed* says when: \`read-only\` at a start only, \`per-broker\` and
\`cluster-wide\` while the node runs, with \`kafka-configs.sh\`.`
  const ours = embeddedDefaults.map(({ name, value, because }) => [`\`${name}\``, `\`${value}\``, because])
  const ofTopics = Object.values<ConfigDefinition>(topicConfigs).map((config) => [
    ...configCells(config),
    synonymText(config.name),
    cell(config.doc),
  ])
  return page(
    'Configs',
    introduction,
    '## Where a node by itself differs from Apache Kafka',
    'A file may leave out what Apache Kafka insists on. What it says goes first.',
    table(['config', 'value', 'because'], ours),
    '## Of the node',
    table(
      ['config', 'type', 'default', 'allowed', 'changed', 'meaning'],
      visible(brokerConfigs).map((config) => [...configCells(config), config.scope, cell(config.doc)]),
    ),
    '## Of topics',
    'All of them can be changed while the node runs. What a topic does not say, the node’s config says.',
    table(['config', 'type', 'default', 'allowed', 'of the node', 'meaning'], ofTopics),
  )
}

function visible(definitions: ConfigDefinitions): readonly ConfigDefinition[] {
  return Object.values(definitions)
    .filter(({ isInternal }) => !isInternal)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function synonymText(name: string): string {
  const synonyms: Readonly<Record<string, readonly { readonly name: string }[]>> = topicSynonyms
  return (synonyms[name] ?? []).map((synonym) => `\`${synonym.name}\``).join(' ')
}
