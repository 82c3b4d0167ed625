/**
 * Metrics that are read when somebody asks, written in Prometheus' text format 0.0.4. There is no client library
 * behind it: values live in plain fields of their owners, and what remains to be done is to format lines.
 */
import type { MetricDefinition, MetricSample, Metrics } from './environment.ts'

const namePattern = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const labelPattern = /^[a-zA-Z_][a-zA-Z0-9_]*$/

interface Family {
  readonly definition: MetricDefinition
  readonly collectors: Set<() => Iterable<MetricSample>>
}

export class MetricRegistry implements Metrics {
  readonly #families = new Map<string, Family>()

  register(definition: MetricDefinition, collect: () => Iterable<MetricSample>): () => void {
    const family = this.#families.get(definition.name) ?? newFamily(definition)
    const { kind, labels = [] } = family.definition
    if (kind !== definition.kind || labels.join() !== (definition.labels ?? []).join()) {
      throw new TypeError(`metric ${definition.name} is registered with another kind or other labels`)
    }
    // A wrapper of its own, as two registrations may share a function.
    const collector = (): Iterable<MetricSample> => collect()
    this.#families.set(definition.name, family)
    family.collectors.add(collector)
    return () => {
      family.collectors.delete(collector)
      if (family.collectors.size === 0) this.#families.delete(definition.name)
    }
  }

  exposition(): Promise<string> {
    const names = [...this.#families.keys()].toSorted()
    let text = ''
    for (const name of names) {
      const family = this.#families.get(name)
      if (family !== undefined) text += familyText(family)
    }
    return Promise.resolve(text)
  }
}

function newFamily(definition: MetricDefinition): Family {
  const { name, labels = [] } = definition
  if (!namePattern.test(name)) throw new TypeError(`${JSON.stringify(name)} is not a metric name`)
  const wrong = labels.find((label) => !labelPattern.test(label))
  if (wrong !== undefined) throw new TypeError(`${JSON.stringify(wrong)} is not a label name`)
  return { definition, collectors: new Set() }
}

function familyText({ definition, collectors }: Family): string {
  const { name, help, kind, labels = [] } = definition
  // Samples with equal labels are one series: their values are added.
  const series = new Map<string, number>()
  for (const collect of collectors) {
    for (const sample of collect()) {
      const key = labelsText(labels, sample.labels ?? [])
      series.set(key, (series.get(key) ?? 0) + sample.value)
    }
  }
  let text = `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${kind}\n`
  for (const [key, value] of series) text += `${name}${key} ${numberText(value)}\n`
  return text
}

function labelsText(labels: readonly string[], values: readonly string[]): string {
  if (labels.length === 0) return ''
  const pairs = labels.map((label, index) => `${label}="${labelValue(values[index] ?? '')}"`)
  return `{${pairs.join(',')}}`
}

function labelValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return String(value)
}
