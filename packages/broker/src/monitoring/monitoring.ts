/**
 * The node as its operators see it: `/health`, `/metrics` and what happened in groups, over HTTP on a port of their own.
 * Open from the start on, so that a long recovery can be watched; where the port cannot be had the node goes on without, as serving matters more.
 */
import { hostAndPortFromText } from '@gregor/config'
import { NetworkError, type Environment, type HttpAnswer, type HttpRequest, type Listener } from '@gregor/platform'
import { families } from './families.ts'
import { healthAnswer, healthOf } from './health.ts'
import { groupsAnswer, isAboutGroups } from './group-pages.ts'
import type { ObservedNode } from './metric-family.ts'
import type { NodeState } from './node-state.ts'

export interface MonitoringOptions {
  readonly environment: Pick<Environment, 'http' | 'logger' | 'metrics'>
  /** `host:port`, checked by its config; empty or `undefined`: served nowhere. */
  readonly address: string | undefined
  readonly state: NodeState
}

const contentType = 'text/plain; version=0.0.4; charset=utf-8'

export class Monitoring {
  readonly #options: MonitoringOptions
  #listener: Listener | undefined
  #node: ObservedNode | undefined
  #forget: (() => void)[] = []

  private constructor(options: MonitoringOptions) {
    this.#options = options
  }

  static async open(options: MonitoringOptions): Promise<Monitoring> {
    const monitoring = new Monitoring(options)
    await monitoring.#listen()
    return monitoring
  }

  /** `http://127.0.0.1:9404`; `undefined`: not served. */
  get url(): string | undefined {
    if (this.#listener === undefined) return undefined
    const { host, port } = this.#listener
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  /** The parts of the node are there: its metrics are registered from now on. */
  observe(node: ObservedNode): void {
    this.#node = node
    const { metrics } = this.#options.environment
    this.#forget = families.map(({ definition, collect }) => metrics.register(definition, () => collect(node)))
  }

  /** Idempotent. */
  async close(): Promise<void> {
    for (const forget of this.#forget.splice(0)) forget()
    await this.#listener?.close()
    this.#listener = undefined
  }

  async #listen(): Promise<void> {
    const { address: text = '', environment } = this.#options
    const address = hostAndPortFromText(text)
    if (address === undefined) return
    try {
      this.#listener = await environment.http.listen(address, (request) => this.#answer(request))
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      environment.logger.warn('Health and metrics are not served: set gregor.monitoring.address to a free one', {
        address: text,
        reason: error.code,
      })
    }
  }

  async #answer({ path }: HttpRequest): Promise<HttpAnswer> {
    if (path === '/health') return healthAnswer(healthOf(this.#options.state, this.#node))
    if (path === '/metrics')
      return { status: 200, contentType, body: await this.#options.environment.metrics.exposition() }
    if (isAboutGroups(path)) return groupsAnswer(path, this.#node?.services.groups)
    const body = 'There are /health, /metrics, /groups and /groups/GROUP/events.\n'
    return { status: 404, contentType: 'text/plain; charset=utf-8', body }
  }
}
