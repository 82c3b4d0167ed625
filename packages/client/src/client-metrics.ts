/**
 * The metrics of a program's clients in a registry, so that whoever scrapes it sees them: each under Kafka's name of it
 * (`connection-creation-total` of a producer's connections is `kafka_client_connection_creation_total`). Clients of one
 * kind are added up; one that is gone is not counted any more.
 */
import type { MetricSample, Metrics } from '@gregor/platform'

interface Measured {
  metrics(): Readonly<Record<string, number>>
}

type ClientKind = 'client' | 'producer'

export class ClientMetrics {
  readonly #registry: Metrics
  readonly #clientId: string
  readonly #clients = new Map<ClientKind, Set<WeakRef<Measured>>>()
  readonly #unregister: (() => void)[] = []

  constructor(registry: Metrics, clientId: string) {
    this.#registry = registry
    this.#clientId = clientId
  }

  /** Clients of one kind have metrics of the same names. */
  add(kind: ClientKind, client: Measured): void {
    const known = this.#clients.get(kind)
    if (known !== undefined) {
      for (const reference of known) if (reference.deref() === undefined) known.delete(reference)
      known.add(new WeakRef(client))
      return
    }
    this.#clients.set(kind, new Set([new WeakRef(client)]))
    for (const name of Object.keys(client.metrics())) {
      const definition = {
        name: `kafka_${kind}_${name.replaceAll('-', '_')}`,
        help: `Kafka’s ${name} of a ${kind}.`,
        kind: name.endsWith('-total') ? 'counter' : 'gauge',
        labels: ['client_id'],
      } as const
      this.#unregister.push(this.#registry.register(definition, () => this.#samples(kind, name)))
    }
  }

  /** Sums over the clients of a kind; the larger one of maxima. */
  of(kind: ClientKind): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {}
    for (const reference of this.#clients.get(kind) ?? []) {
      for (const [name, value] of Object.entries(reference.deref()?.metrics() ?? {})) {
        sums[name] = name.endsWith('-max') ? Math.max(sums[name] ?? 0, value) : (sums[name] ?? 0) + value
      }
    }
    return sums
  }

  /** Takes them out of the registry. Idempotent. */
  close(): void {
    for (const unregister of this.#unregister.splice(0)) unregister()
    this.#clients.clear()
  }

  #samples(kind: ClientKind, name: string): readonly MetricSample[] {
    const value = this.of(kind)[name]
    return value === undefined ? [] : [{ value, labels: [this.#clientId] }]
  }
}
