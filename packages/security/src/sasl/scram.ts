/**
 * SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, 7677), the client's side. Both sides prove that they know the password, and
 * neither says it. Kafka's own: passwords are UTF-8 as they are (no SASLprep), and `tokenauth=true` says that name and
 * password are id and HMAC of a delegation token (KIP-48).
 */
import { pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { type SaslExchange, SaslError } from './sasl-exchange.ts'
import { type ScramMechanism, scramHmac, scramKeys, scramMechanisms } from './scram-keys.ts'

export interface ScramCredentials {
  readonly mechanism: ScramMechanism
  readonly username: string
  readonly password: string
  /** Name and password are those of a delegation token. */
  readonly isToken: boolean
  /** Random bytes, fresh for each exchange: 16 or more. */
  readonly nonce: Uint8Array
}

/** Below it a password could be tried out too cheaply; Apache Kafka has the same bound. */
const iterationsMin = 4096
/** Above it a server keeps a client busy for long. */
const iterationsMax = 1_000_000

export function scramExchange(credentials: ScramCredentials): SaslExchange {
  return new ScramClient(credentials)
}

class ScramClient implements SaslExchange {
  readonly first: Buffer
  readonly #credentials: ScramCredentials
  readonly #nonce: string
  readonly #firstBare: string
  #serverSignature: Buffer | undefined
  isDone = false

  constructor(credentials: ScramCredentials) {
    this.#credentials = credentials
    this.#nonce = Buffer.from(credentials.nonce).toString('base64url')
    const name = credentials.username.replaceAll('=', '=3D').replaceAll(',', '=2C')
    this.#firstBare = `n=${name},r=${this.#nonce}${credentials.isToken ? ',tokenauth=true' : ''}`
    this.first = Buffer.from(`n,,${this.#firstBare}`)
  }

  next(challenge: Buffer): Buffer | undefined {
    const text = challenge.toString('utf8')
    if (this.#serverSignature === undefined) return this.#answerFirst(text)
    this.#checkFinal(text, this.#serverSignature)
    this.isDone = true
    return undefined
  }

  /** `r=NONCE,s=SALT,i=ITERATIONS` */
  #answerFirst(serverFirst: string): Buffer {
    const match = /^(?:m=[^,]*,)?r=([^,]*),s=([^,]*),i=(\d{1,10})(?:,.*)?$/.exec(serverFirst)
    const [, nonce = '', salt = '', iterationText = ''] = match ?? []
    if (match === null) throw new SaslError('the server sent what is no first message of SCRAM')
    if (serverFirst.startsWith('m=')) throw new SaslError('the server wants an extension of SCRAM that is not known')
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      throw new SaslError('the server did not add to the nonce')
    }
    const iterations = Number(iterationText)
    if (iterations < iterationsMin || iterations > iterationsMax) {
      throw new SaslError(`the server wants ${iterations} iterations; allowed are ${iterationsMin} to ${iterationsMax}`)
    }
    const { mechanism, password } = this.#credentials
    const { hash, keyBytes } = scramMechanisms[mechanism]
    const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), iterations, keyBytes, hash)
    const { clientKey, storedKey, serverKey } = scramKeys(hash, salted)
    const withoutProof = `c=${Buffer.from('n,,').toString('base64')},r=${nonce}`
    const authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`
    const signature = scramHmac(hash, storedKey, authMessage)
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)))
    this.#serverSignature = scramHmac(hash, serverKey, authMessage)
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`)
  }

  /** `v=SIGNATURE`, or `e=ERROR`. */
  #checkFinal(serverFinal: string, expected: Buffer): void {
    const error = /^e=([^,]*)/.exec(serverFinal)?.[1]
    if (error !== undefined) throw new SaslError(`the server refused: ${error}`)
    const signature = Buffer.from(/^v=([^,]*)/.exec(serverFinal)?.[1] ?? '', 'base64')
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
      throw new SaslError('the server does not know the password: it is not the one it claims to be')
    }
  }
}
