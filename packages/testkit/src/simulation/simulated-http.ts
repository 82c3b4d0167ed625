/** HTTP without a network: tests ask the server of a port directly. */
import { type Http, type HttpAnswer, type HttpRequest, type Listener, NetworkError } from '@gregor/platform'

type Answer = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>

const firstFreePort = 50_000

export class SimulatedHttp implements Http {
  readonly #answers = new Map<number, Answer>()
  #nextPort = firstFreePort

  listen(address: { readonly host: string; readonly port: number }, answer: Answer): Promise<Listener> {
    const port = address.port === 0 ? this.#nextPort++ : address.port
    if (this.#answers.has(port)) {
      return Promise.reject(new NetworkError({ code: 'EADDRINUSE', host: address.host, port, operation: 'listen' }))
    }
    this.#answers.set(port, answer)
    const close = (): Promise<void> => {
      if (this.#answers.get(port) === answer) this.#answers.delete(port)
      return Promise.resolve()
    }
    return Promise.resolve({ host: address.host, port, close })
  }

  request({ port }: { readonly port: number }, target: string): Promise<HttpAnswer> {
    return this.get(port, target)
  }

  /** @throws NetworkError where nobody listens on the port. */
  async get(port: number, target: string): Promise<HttpAnswer> {
    const answer = this.#answers.get(port)
    if (answer === undefined) {
      throw new NetworkError({ code: 'ECONNREFUSED', host: 'localhost', port, operation: 'connect' })
    }
    const url = new URL(target, 'http://localhost')
    return answer({ method: 'GET', path: decodeURIComponent(url.pathname), query: url.searchParams })
  }
}
