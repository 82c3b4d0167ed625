/** `--add-scram`: the first users of a cluster, as records for its bootstrap checkpoint (KIP-900). */
import { pbkdf2Sync } from 'node:crypto'
import type { Random } from '@gregor/platform'
import type { RecordOf } from '@gregor/metadata'
import { scramKeys, scramMechanisms } from '@gregor/security'
import { ToolExit } from '../tool-exit.ts'

type Mechanism = (typeof scramMechanisms)[keyof typeof scramMechanisms] & {
  /** As Java names it in what it says. */
  readonly javaName: string
}

const mechanisms = new Map<string, Mechanism>(
  Object.entries(scramMechanisms).map(([name, one]) => [name, { ...one, javaName: name.replaceAll('-', '_') }]),
)
const iterationsMin = 4_096
const iterationsMax = 16_384
const saltBytes = 24

/** @param text - `SCRAM-SHA-256=[name=alice,password=…]`. @throws ToolExit */
export function scramRecord(text: string, random: Random): RecordOf<'UserScramCredentialRecord'> {
  const { mechanism, config } = splitMechanism(text.trim())
  const { name, salt, iterations, saltedPassword } = readConfig(config, mechanism, random)
  const { storedKey, serverKey } = scramKeys(mechanism.hash, saltedPassword)
  return {
    type: 'UserScramCredentialRecord',
    version: 0,
    name,
    mechanism: mechanism.code,
    salt,
    storedKey,
    serverKey,
    iterations,
  }
}

function splitMechanism(text: string): { readonly mechanism: Mechanism; readonly config: string } {
  const at = text.indexOf('=')
  if (at < 0) throw new ToolExit(`Failed to find equals sign in SCRAM argument '${text}'`)
  const name = text.slice(0, at)
  const config = text.slice(at + 1)
  const mechanism = mechanisms.get(name)
  if (mechanism === undefined) throw new ToolExit(`The add-scram mechanism ${name} is not supported.`)
  if (!config.startsWith('[')) throw new ToolExit('Expected configuration string to start with [')
  if (!config.endsWith(']')) throw new ToolExit('Expected configuration string to end with ]')
  return { mechanism, config: config.slice(1, -1) }
}

interface ScramConfig {
  readonly name: string
  readonly salt: Buffer
  readonly iterations: number
  readonly saltedPassword: Buffer
}

function readConfig(config: string, mechanism: Mechanism, random: Random): ScramConfig {
  const parts = new Map(config.split(',').map(splitComponent))
  const name = taken(parts, 'name')
  if (name === undefined) throw new ToolExit("You must supply 'name' to add-scram")
  const saltText = taken(parts, 'salt')
  const salt = saltText === undefined ? undefined : decoded(saltText, 'salt')
  const iterations = iterationsFrom(taken(parts, 'iterations'))
  const password = taken(parts, 'password')
  const saltedText = taken(parts, 'saltedpassword')
  if (password === undefined && saltedText === undefined) {
    throw new ToolExit("You must supply one of 'password' or 'saltedpassword' to add-scram")
  }
  if (password === undefined && salt === undefined) {
    throw new ToolExit("You must supply 'salt' with 'saltedpassword' to add-scram")
  }
  const given = password === undefined ? decoded(saltedText ?? '', 'saltedPassword') : undefined
  if (parts.size > 0) throw new ToolExit(`Unknown SCRAM configurations: ${[...parts.keys()].toSorted().join(', ')}`)
  checkIterations(iterations, mechanism)
  const usedSalt = salt ?? Buffer.from(random.fill(new Uint8Array(saltBytes)))
  const saltedPassword = given ?? pbkdf2Sync(password ?? '', usedSalt, iterations, mechanism.keyBytes, mechanism.hash)
  return { name, salt: usedSalt, iterations, saltedPassword }
}

function checkIterations(iterations: number, { javaName }: Mechanism): void {
  const value = "The 'iterations' value must be"
  if (iterations < iterationsMin) throw new ToolExit(`${value} >= ${iterationsMin} for add-scram using ${javaName}`)
  if (iterations > iterationsMax) throw new ToolExit(`${value} <= ${iterationsMax} for add-scram using ${javaName}`)
}

function iterationsFrom(text: string | undefined): number {
  if (text === undefined) return iterationsMin
  const iterations = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  if (Math.abs(iterations) < 2 ** 31) return iterations
  throw new ToolExit(`Failed to parse iterations count: ${text}`)
}

function splitComponent(text: string): readonly [name: string, value: string] {
  const at = text.indexOf('=')
  if (at < 0) throw new ToolExit(`No equals sign found in SCRAM component: ${text}`)
  return [text.slice(0, at), text.slice(at + 1).replace(/^"(.*)"$/s, '$1')]
}

function taken(parts: Map<string, string>, name: string): string | undefined {
  const value = parts.get(name)
  parts.delete(name)
  return value
}

function decoded(text: string, what: string): Buffer {
  const isBase64 = text.length % 4 !== 1 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
  if (!isBase64) throw new ToolExit(`Failed to decode given ${what}: ${text}`)
  return Buffer.from(text, 'base64')
}
