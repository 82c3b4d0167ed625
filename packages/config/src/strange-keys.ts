/** Keys of a file that mean nothing: gone, misspelt, or at home elsewhere. Each gets one line that says what to do. */
import { knownConfigs } from './broker-configs.ts'
import { closestName } from './closest-name.ts'
import { removedConfigAdvice } from './removed-configs.ts'
import { listenerConfigBase, topicSynonyms } from './synonyms.ts'
import { topicConfigs } from './topic-configs.ts'

/** Plugins read these; nobody else knows them. */
const foreign = /^(config\.providers|rsm\.config|rlmm\.config|remote\.log\.metadata|client\.quota)\./

export function strangeKeyWarnings(names: Iterable<string>): readonly string[] {
  const warnings: string[] = []
  for (const name of names) {
    const base = listenerConfigBase(name)
    if (base === undefined ? isKnown(name) : [base, base.slice(base.indexOf('.') + 1)].some(isKnown)) continue
    if (!foreign.test(name)) warnings.push(`${name}: ${advice(name)}`)
  }
  return warnings
}

function isKnown(name: string): boolean {
  return Object.hasOwn(knownConfigs, name)
}

function advice(name: string): string {
  const removed = removedConfigAdvice(name)
  if (removed !== undefined) return `gone from Kafka: ${removed}`
  const synonyms: Readonly<Record<string, readonly { readonly name: string }[]>> = topicSynonyms
  const broker = synonyms[name]?.[0]?.name
  if (broker !== undefined) return `is a config of topics; the broker's is ${broker}.`
  if (Object.hasOwn(topicConfigs, name)) return 'is a config of topics; set it with kafka-configs.sh.'
  const close = closestName(name, Object.keys(knownConfigs))
  return close === undefined ? 'is not known and changes nothing; remove it.' : `is not known; did you mean ${close}?`
}
