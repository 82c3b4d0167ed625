/** The set-up of one node, before it starts or while it runs: its Node.js, its config, its directories, its listeners. */
import { resolve } from 'node:path'
import { BrokerConfig, type Endpoint } from '@gregor/config'
import { DiskError, NetworkError } from '@gregor/platform'
import type { Program } from '../program.ts'
import { loadStartConfig } from '../start-config.ts'
import { startFailureLines } from '../start-failure.ts'
import { ok, warning, wrong, type Finding } from './finding.ts'

const nodeMin = [24, 20] as const
const connectMsMax = 2_000
/** Below it a node that writes fast is at the end within minutes. */
const usableBytesMin = 1024 ** 3
const usableShareMin = 0.05

/** @param file - server.properties; `undefined`: what `gregor start` takes without one. */
export async function checkNode(file: string | undefined, program: Program): Promise<readonly Finding[]> {
  const config = configOf(file, program)
  if (!(config instanceof BrokerConfig)) return [nodeVersion(program), ...config]
  const ofFile = file === undefined ? 'The config without a file' : file
  return [
    nodeVersion(program),
    ok(`${ofFile} can be read: node ${config.get('node.id')}`),
    ...config.warnings.map((text) => warning(text, 'Correct it, unless it is meant.')),
    ...directories(config, program),
    ...(await listeners(config, program)),
  ]
}

function nodeVersion({ nodeVersion: version }: Program): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const isNew = major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1])
  if (isNew) return ok(`Node.js ${version}`)
  return wrong(
    `Node.js ${version} is too old`,
    `Install Node.js ${nodeMin.join('.')} or newer from https://nodejs.org.`,
  )
}

function configOf(file: string | undefined, program: Program): BrokerConfig | readonly Finding[] {
  try {
    return loadStartConfig({ file, overrides: new Map() }, program)
  } catch (error) {
    const lines = startFailureLines(error)
    if (lines === undefined) throw error
    return lines.map((line) => wrong(line, 'The node will not start with it.'))
  }
}

function directories(config: BrokerConfig, { environment: { disk }, workingDirectory }: Program): readonly Finding[] {
  return config.logDirs.map((written) => {
    const path = resolve(workingDirectory, written)
    try {
      const stat = disk.stat(path)
      if (stat === undefined) return ok(`${path} is not there yet: the node makes it when it starts`)
      if (stat.kind !== 'directory') return wrong(`${path} is a file`, 'Choose another directory with log.dirs.')
      const { totalBytes, usableBytes } = disk.space(path)
      const text = `${path}: ${size(usableBytes)} of ${size(totalBytes)} are free`
      if (usableBytes >= usableBytesMin && usableBytes >= totalBytes * usableShareMin) return ok(text)
      return wrong(
        text,
        'Make room, add a directory to log.dirs, or lower retention.ms or retention.bytes of the largest topics.',
      )
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      return wrong(`${path} cannot be looked at (${error.code})`, 'Give the user that runs the node the right to it.')
    }
  })
}

export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const value = bytes / 1024 ** power
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ''}`
}

async function listeners(config: BrokerConfig, program: Program): Promise<readonly Finding[]> {
  const { broker, advertised } = config.listeners
  const found = await Promise.all(broker.map((endpoint) => listener(endpoint, program)))
  return [...found, ...advertised.flatMap((endpoint) => advertisedFindings(endpoint, broker))]
}

/** Whether something answers on the port, which a node that runs does. */
async function listener(
  { listener: name, host, port }: Endpoint,
  { environment: { network } }: Program,
): Promise<Finding> {
  const at = `${host ?? ''}:${port}`
  try {
    const socket = await network.connect({
      host: isAnywhere(host) ? '127.0.0.1' : (host ?? ''),
      port,
      timeoutMs: connectMsMax,
    })
    socket.destroy()
    return ok(`listener ${name} on ${at}: something listens there`)
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    if (error.code === 'ECONNREFUSED') return ok(`listener ${name} on ${at}: the port is free, no node runs there now`)
    return wrong(
      `listener ${name} on ${at} cannot be reached (${error.code})`,
      'Correct listeners: this machine must have the address.',
    )
  }
}

function advertisedFindings({ listener: name, host, port }: Endpoint, bound: readonly Endpoint[]): readonly Finding[] {
  const own = bound.find((endpoint) => endpoint.listener === name)
  const text = `clients of listener ${name} are sent to ${host ?? 'this machine’s name'}:${port}`
  if (host !== undefined && isAnywhere(host)) {
    return [wrong(text, 'Nobody can connect to that address: name the host in advertised.listeners.')]
  }
  if (host !== undefined && isLoopbackHost(host) && own !== undefined && !isLoopbackHost(own.host ?? '')) {
    return [
      warning(
        text,
        'Clients on other machines will look for the node on their own: put a name that they can reach into advertised.listeners.',
      ),
    ]
  }
  if (own !== undefined && own.port !== port) {
    return [
      warning(
        `${text}, and the node listens on port ${own.port}`,
        'That is right only where something forwards the one to the other (a container, NAT).',
      ),
    ]
  }
  return [ok(text)]
}

function isAnywhere(host: string | undefined): boolean {
  return host === undefined || host === '0.0.0.0' || host === '::'
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
