/**
 * What every consumer under measurement does: reads a topic that is filled already, from its beginning, looks at the value
 * of each message, and prints what that took of this process from the first fifth on. Arguments: bootstrap, topic, count
 * of messages there.
 */

const [bootstrap, topic, count] = process.argv.slice(2)

export const given = { bootstrap, topic, count: Number(count), group: `${topic}-${process.pid}-${Date.now()}` }

const warmUpShare = 0.2

/** Told of messages as they are read; resolves `done` when all were. */
export class Reading {
  #seen = 0
  #bytes = 0
  #began
  #end = Promise.withResolvers()

  get done() {
    return this.#end.promise
  }

  /** @param bytes - of their values. */
  took(messages, bytes) {
    this.#seen += messages
    this.#bytes += bytes
    if (this.#began === undefined && this.#seen >= given.count * warmUpShare) {
      this.#began = { seen: this.#seen, ms: performance.now(), cpu: process.cpuUsage() }
    }
    if (this.#seen >= given.count) this.#finish()
  }

  #finish() {
    if (this.#began === undefined) throw new Error('the topic is too small')
    const { user, system } = process.cpuUsage(this.#began.cpu)
    const measured = {
      messages: this.#seen - this.#began.seen,
      seconds: (performance.now() - this.#began.ms) / 1000,
      cpuSeconds: (user + system) / 1e6,
      residentMiB: process.memoryUsage.rss() / 2 ** 20,
      bytes: this.#bytes,
    }
    process.stdout.write(`${JSON.stringify(measured)}\n`)
    this.#end.resolve()
  }
}
