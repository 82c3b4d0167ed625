/**
 * The pages of docs/reference, made from what the code itself says: commands, configs, metrics. `npm run docs` writes
 * them; a test fails where a page is not what it would be now.
 */

import { metricFamilies } from '@gregor/broker'
import { commandHelp, commands } from '@gregor/cli'
import { allowedText, brokerConfigs, defaultText, embeddedDefaults, topicConfigs, topicSynonyms } from '@gregor/config'
import type { ConfigDefinition, ConfigDefinitions } from '@gregor/config'
import { processMetrics, type MetricDefinition } from '@gregor/platform'

/** By path below docs/reference. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['commands.md', commandsPage()],
    ['configs.md', configsPage()],
    ['metrics.md', metricsPage()],
  ])
}

const generated = '<!-- Written by `npm run docs`: change what it is made from instead. -->'

function page(title: string, ...parts: readonly string[]): string {
  return [`# ${title}`, generated, ...parts].join('\n\n') + '\n'
}

function commandsPage(): string {
  const each = commands.map((command) => `## gregor ${command.name}\n\n\`\`\`\n${commandHelp(command)}\n\`\`\``)
  return page('Commands', 'From a checkout: `bin/gregor COMMAND`.', ...each)
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

function configCells(config: ConfigDefinition): readonly string[] {
  const usual = config.isRequired ? '*required*' : defaultText(config)
  const allowed = allowedText(config.validator)
  return [
    `\`${config.name}\``,
    config.type,
    usual === undefined ? '' : usual === '*required*' ? usual : `\`${cell(usual === '' ? '""' : usual)}\``,
    allowed === '' ? '' : `\`${cell(allowed)}\``,
  ]
}

function synonymText(name: string): string {
  const synonyms: Readonly<Record<string, readonly { readonly name: string }[]>> = topicSynonyms
  return (synonyms[name] ?? []).map((synonym) => `\`${synonym.name}\``).join(' ')
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [titles, titles.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** A bar would end the cell, and a line the row. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')
}
