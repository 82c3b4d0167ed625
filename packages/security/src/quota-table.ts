/**
 * Which quota holds for a client, and whom it shares it with (KIP-13, KIP-55, KIP-546). There are eight levels; the
 * most specific one that is set counts:
 *
 *   user and client · user and any client · user · any user and client · any user and any client · any user ·
 *   client · any client
 *
 * A quota of a user counts for all of its clients together; one that names clients, even as "any", counts for each
 * client alone. Pure.
 */

/** What a quota limits; the names are those of the protocol. */
export type QuotaKey =
  | 'producer_byte_rate'
  | 'consumer_byte_rate'
  | 'request_percentage'
  | 'controller_mutation_rate'
  | 'connection_creation_rate'

/** A quota as it is stored: `user`, `client-id`, `ip` to a name, or to null for the default of that kind. */
export interface StoredQuota {
  readonly entity: ReadonlyMap<string, string | null>
  readonly values: ReadonlyMap<string, number>
}

export interface QuotaClient {
  /** The name of the principal. */
  readonly user: string
  readonly clientId: string
}

/** Clients with the same bucket are counted together; empty: counted together whichever it is. */
export type QuotaBucket = QuotaClient

/** A part of an entity as a key: a name, marked as one, any, or not part of it. */
const ANY = '*'
const NONE = ''

/** Which combinations have quotas at all: most clusters have one, and need no look-up. */
type Combination = 'user' | 'client' | 'both'

export class QuotaTable {
  readonly #limits = new Map<string, Map<string, number>>()
  readonly #combinations = new Set<Combination>()

  constructor(key: QuotaKey, quotas: Iterable<StoredQuota>) {
    for (const { entity, values } of quotas) {
      const limit = values.get(key)
      const [user, client] = [partOf(entity.get('user')), partOf(entity.get('client-id'))]
      if (limit === undefined || (user === NONE && client === NONE)) continue
      const ofUser = this.#limits.get(user) ?? new Map<string, number>()
      this.#limits.set(user, ofUser.set(client, limit))
      this.#combinations.add(client === NONE ? 'user' : user === NONE ? 'client' : 'both')
    }
  }

  /** Nobody is limited. */
  get isEmpty(): boolean {
    return this.#combinations.size === 0
  }

  bucketOf({ user, clientId }: QuotaClient): QuotaBucket {
    const [only, ...others] = this.#combinations
    const level = others.length > 0 || only === undefined ? this.#levelOf(user, clientId) : only
    if (level === 'user') return { user, clientId: '' }
    return level === 'client' ? { user: '', clientId } : { user, clientId }
  }

  /** `Infinity` where there is no limit. */
  limitOf({ user, clientId }: QuotaBucket): number {
    return this.#candidates(user, clientId).find((limit) => limit !== undefined) ?? Infinity
  }

  #candidates(user: string, clientId: string): readonly (number | undefined)[] {
    const [u, c] = [named(user), named(clientId)]
    if (user === '') return clientId === '' ? [] : [this.#limit(NONE, c), this.#limit(NONE, ANY)]
    if (clientId === '') return [this.#limit(u, NONE), this.#limit(ANY, NONE)]
    return [this.#limit(u, c), this.#limit(u, ANY), this.#limit(ANY, c), this.#limit(ANY, ANY)]
  }

  #levelOf(user: string, clientId: string): Combination {
    const [u, c] = [named(user), named(clientId)]
    if (this.#limit(u, c) !== undefined || this.#limit(u, ANY) !== undefined) return 'both'
    if (this.#limit(u, NONE) !== undefined) return 'user'
    if (this.#limit(ANY, c) !== undefined || this.#limit(ANY, ANY) !== undefined) return 'both'
    return this.#limit(ANY, NONE) === undefined ? 'client' : 'user'
  }

  #limit(user: string, client: string): number | undefined {
    return this.#limits.get(user)?.get(client)
  }
}

/** The limits of new connections, by address; the default is that of no address. */
export class AddressQuotaTable {
  readonly #limits = new Map<string, number>()

  constructor(quotas: Iterable<StoredQuota>) {
    for (const { entity, values } of quotas) {
      const limit = values.get('connection_creation_rate')
      const part = partOf(entity.get('ip'))
      if (limit !== undefined && part !== NONE) this.#limits.set(part, limit)
    }
  }

  /** `Infinity` where there is no limit. */
  limitOf(address: string): number {
    return this.#limits.get(named(address)) ?? this.#limits.get(ANY) ?? Infinity
  }
}

function partOf(name: string | null | undefined): string {
  if (name === undefined) return NONE
  return name === null ? ANY : named(name)
}

function named(name: string): string {
  return `=${name}`
}
