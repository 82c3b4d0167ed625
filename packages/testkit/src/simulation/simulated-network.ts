/**
 * The network between simulated hosts. A host has a name and an address; between each two there is a link for either
 * direction, with its latency and its faults: blocked (what is sent arrives later, connecting times out), cut (open
 * connections break), a host that vanishes without a word.
 */
import { type Listener, type Network, NetworkError, type Random, type Socket } from '@gregor/platform'
import type { Life } from './life.ts'
import { type LinkLatency, SimulatedLink } from './simulated-link.ts'
import { SimulatedSocket } from './simulated-socket.ts'
import type { VirtualTime } from './virtual-time.ts'

const firstFreePort = 40_000
const ownNames: readonly string[] = ['localhost', '127.0.0.1', '::1', '0.0.0.0', '::', '']

interface Host {
  readonly name: string
  readonly address: string
  readonly listeners: Map<number, (socket: Socket) => void>
  readonly sockets: Set<SimulatedSocket>
  isGone: boolean
}

export interface SimulatedNetworkOptions {
  readonly time: VirtualTime
  readonly random: Random
  /** Of links that are not set otherwise. Default: 0.1 to 1 ms. */
  readonly latency?: LinkLatency
}

export class SimulatedNetwork {
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #latency: LinkLatency
  readonly #hosts = new Map<string, Host>()
  readonly #links = new Map<string, SimulatedLink>()
  #nextPort = firstFreePort

  constructor(options: SimulatedNetworkOptions) {
    this.#time = options.time
    this.#random = options.random
    this.#latency = options.latency ?? { minMs: 0.1, maxMs: 1 }
  }

  /** The network as one life of a host sees it; when that ends, its connections break. */
  of(hostName: string, life: Life): Network {
    const host = this.#host(hostName)
    host.isGone = false
    for (const socket of host.sockets) socket.forget()
    host.sockets.clear()
    life.onEnd(() => this.#leave(host))
    return {
      listen: (address, accept) => this.#listen(host, life, address, accept),
      connect: (address) => this.#connect(host, life, address),
    }
  }

  /** What travels from one host to the other. */
  link(from: string, to: string): SimulatedLink {
    const key = `${from}→${to}`
    let link = this.#links.get(key)
    if (link === undefined) {
      link = new SimulatedLink({ time: this.#time, random: this.#random, latency: this.#latency })
      this.#links.set(key, link)
    }
    return link
  }

  /** Nothing gets through between the two groups, in either direction, until `heal`. Connections stay half-open. */
  partition(group: readonly string[], others: readonly string[]): void {
    for (const a of group) {
      for (const b of others) {
        this.link(a, b).block()
        this.link(b, a).block()
      }
    }
  }

  /** All links are whole again; what was held up arrives. */
  heal(): void {
    for (const link of this.#links.values()) link.heal()
  }

  /** Breaks every open connection of the host; its ends, here and there, are told. */
  cut(hostName: string): void {
    const { address } = this.#host(hostName)
    for (const host of this.#hosts.values()) {
      for (const socket of host.sockets) {
        if (host.name === hostName || socket.remoteAddress === address) socket.reset()
      }
    }
  }

  /** The host loses its power: nobody is told. Its life is to be ended as well. */
  vanish(hostName: string): void {
    const host = this.#host(hostName)
    host.isGone = true
    host.listeners.clear()
    for (const socket of host.sockets) socket.vanish()
  }

  #leave(host: Host): void {
    host.listeners.clear()
    for (const socket of host.sockets) socket.abandon()
  }

  #host(name: string): Host {
    let host = this.#hosts.get(name)
    if (host === undefined) {
      const address = `10.0.0.${this.#hosts.size + 1}`
      host = { name, address, listeners: new Map(), sockets: new Set(), isGone: false }
      this.#hosts.set(name, host)
    }
    return host
  }

  /** By name or address; its own names mean the host that asks. */
  #resolve(own: Host, name: string): Host | undefined {
    if (ownNames.includes(name)) return own
    return this.#hosts.get(name) ?? [...this.#hosts.values()].find((host) => host.address === name)
  }

  #listen(
    host: Host,
    life: Life,
    address: { host: string; port: number },
    accept: (socket: Socket) => void,
  ): Promise<Listener> {
    const port = address.port === 0 ? this.#nextPort++ : address.port
    if (host.listeners.has(port) || life.isOver) {
      return Promise.reject(new NetworkError({ code: 'EADDRINUSE', host: address.host, port, operation: 'listen' }))
    }
    host.listeners.set(port, accept)
    const close = (): Promise<void> => {
      if (host.listeners.get(port) === accept) host.listeners.delete(port)
      return Promise.resolve()
    }
    return Promise.resolve({ host: address.host, port, close })
  }

  async #connect(own: Host, life: Life, address: { host: string; port: number; timeoutMs: number }): Promise<Socket> {
    const fail = (code: string): NetworkError => new NetworkError({ ...address, code, operation: 'connect' })
    const host = this.#resolve(own, address.host)
    if (host === undefined || life.isOver) throw fail(life.isOver ? 'ENETDOWN' : 'ENOTFOUND')
    const there = this.link(own.name, host.name)
    const back = this.link(host.name, own.name)
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    const timeout = this.#time.after(address.timeoutMs, 'connect timeout', () => reject(fail('ETIMEDOUT')))
    this.#travel(there, `connect ${own.name}→${host.name}`, () => {
      if (host.isGone || life.isOver) return
      const accept = host.listeners.get(address.port)
      if (accept === undefined) {
        this.#travel(back, 'refused', () => reject(fail('ECONNREFUSED')))
        return
      }
      const ours = this.#pair(own, host, address.port, accept)
      this.#travel(back, 'connected', () => resolve(ours))
    })
    try {
      return await promise
    } finally {
      timeout.cancel()
    }
  }

  /** A packet of the handshake: unlike bytes of a connection it is lost where the link is blocked. */
  #travel(link: SimulatedLink, name: string, arrive: () => void): void {
    this.#time.after(link.arrivalMs(0) - this.#time.nowMs, name, () => {
      if (!link.isBlocked) arrive()
    })
  }

  #pair(own: Host, host: Host, port: number, accept: (socket: Socket) => void): SimulatedSocket {
    const shared = { time: this.#time, random: this.#random }
    const ownPort = this.#nextPort++
    const ours = new SimulatedSocket({
      ...shared,
      link: this.link(own.name, host.name),
      name: `${own.name}:${ownPort}→${host.name}:${port}`,
      remoteAddress: host.address,
      remotePort: port,
      localPort: ownPort,
    })
    const theirs = new SimulatedSocket({
      ...shared,
      link: this.link(host.name, own.name),
      name: `${host.name}:${port}→${own.name}:${ownPort}`,
      remoteAddress: own.address,
      remotePort: ownPort,
      localPort: port,
    })
    ours.connectTo(theirs)
    theirs.connectTo(ours)
    remember(own, ours)
    remember(host, theirs)
    accept(theirs)
    return ours
  }
}

function remember(host: Host, socket: SimulatedSocket): void {
  for (const other of host.sockets) if (!other.isOpen) host.sockets.delete(other)
  host.sockets.add(socket)
}
