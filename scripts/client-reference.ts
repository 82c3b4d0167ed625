/** The pages of the reference about the client: its errors and its configs, made from its own tables. */
import {
  adminConfigs,
  clientErrors,
  connectionConfigs,
  consumerConfigs,
  javaOnlyConfigs,
  kafkaErrorCodes,
  KafkaError,
  optionName,
  producerConfigs,
} from '@gregor/client'
import type { ConfigDefinitions } from '@gregor/config'
import { errorAdvice, errorCode, errorMessage } from '@gregor/protocol'

import { cell, configCells, page, table } from './reference-page.ts'

export function clientErrorsPage(): string {
  const classes = Object.entries(clientErrors).map(([name, { happened, retriable, advice }]) => [
    `\`${name}\``,
    happened,
    retriable,
    advice,
  ])
  const codes = kafkaErrorCodes().map((code) => {
    const { retriable, fatal, abortable } = new KafkaError({ code })
    const kind = [retriable ? 'retriable' : '', abortable ? 'abortable' : '', fatal ? 'fatal' : '']
    const words = kind.filter((word) => word !== '').join(', ')
    return [`\`${code}\``, String(errorCode(code)), words, errorMessage(code), errorAdvice(code)]
  })
  return page(
    'Errors of the client',
    `What clients throw. \`retriable\`: the same may succeed when it is tried again; clients do that by themselves, with back-off,
until their time is up, so what a program sees has been tried. No failure becomes an unhandled rejection.`,
    '## Classes',
    table(['class', 'what happened', 'retriable', 'what to do'], classes),
    '## Codes',
    `\`KafkaError.code\` is one of these. *Abortable* and *fatal* are about transactional producers, unless what is thrown says
otherwise: abort the transaction and go on, or close the producer.`,
    table(['code', 'number', 'kind', 'what happened', 'what to do'], codes),
  )
}

export function clientConfigsPage(): string {
  const shared = new Set(Object.keys(connectionConfigs))
  const javaOnly = Object.entries(javaOnlyConfigs).map(([name, why]) => [`\`${name}\``, why])
  return page(
    'Configs of the client',
    `Names, types, defaults and ranges are the Java client’s. An option is the camelCase of the name (\`linger.ms\` is \`lingerMs\`); Kafka’s
own spelling is accepted as well, and \`properties\` takes what a file has. Names that are not known are refused, with the one that
was probably meant.`,
    '## Of `connect`',
    configTable(connectionConfigs, new Set()),
    '## Of producers',
    'And those above that are about requests: what is given for one producer goes before what was given to `connect`.',
    configTable(producerConfigs, shared),
    '## Of consumers',
    'And those above that are about requests.',
    configTable(consumerConfigs, shared),
    '## Of admins',
    configTable(adminConfigs, new Set()),
    '## Accepted without effect',
    'A file that Java programs read too may have these; the log says so once.',
    table(['config', 'why'], javaOnly),
  )
}

function configTable(configs: ConfigDefinitions, without: ReadonlySet<string>): string {
  const rows = Object.values(configs)
    .filter(({ isInternal, name }) => !isInternal && !without.has(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((config) => {
      const [name = '', ...cells] = configCells(config)
      return [name, `\`${optionName(config.name)}\``, ...cells, cell(config.doc)]
    })
  return table(['config', 'option', 'type', 'default', 'allowed', 'meaning'], rows)
}
