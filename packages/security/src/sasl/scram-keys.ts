/** The keys of SCRAM (RFC 5802, 7677), as whoever logs in, whoever makes users, and whoever keeps them need them. */
import { createHash, createHmac } from 'node:crypto'

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** Their numbers on the wire and in the metadata log (KIP-554), and what a salted password is made with. */
export const scramMechanisms = {
  'SCRAM-SHA-256': { code: 1, hash: 'sha256', keyBytes: 32 },
  'SCRAM-SHA-512': { code: 2, hash: 'sha512', keyBytes: 64 },
} as const

export type ScramHash = (typeof scramMechanisms)[ScramMechanism]['hash']

export interface ScramKeys {
  readonly clientKey: Buffer
  /** What a server keeps, with `serverKey`: neither gives the password away. */
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

export function scramKeys(hash: ScramHash, saltedPassword: Uint8Array): ScramKeys {
  const clientKey = scramHmac(hash, saltedPassword, 'Client Key')
  const storedKey = createHash(hash).update(clientKey).digest()
  return { clientKey, storedKey, serverKey: scramHmac(hash, saltedPassword, 'Server Key') }
}

export function scramHmac(hash: ScramHash, key: Uint8Array, text: string): Buffer {
  return createHmac(hash, key).update(text).digest()
}
