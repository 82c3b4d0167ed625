/**
 * Keeps out whom the ACLs of the cluster keep out. The ACLs come from the metadata: whoever follows it hands them in
 * when they change. Until they have been handed in for the first time only super users are let through.
 */
import { ConfigError } from '@gregor/config'
import type { BrokerConfig } from '@gregor/config'
import type { AclOperation, ResourceType } from './acl-codes.ts'
import { AclTable } from './acl-table.ts'
import type { Acl, AclQuestion } from './acl-table.ts'
import { allowAll, operationBits } from './authorizer.ts'
import type { Authorizer, Resource } from './authorizer.ts'
import { principalFromText, textFromPrincipal } from './principal.ts'
import type { Principal } from './principal.ts'

export interface AclAuthorizerOptions {
  /** `User:name` each: may do everything, whatever the ACLs say. */
  readonly superUsers: Iterable<string>
  /** Whether everybody may use what no ACL speaks of. */
  readonly allowsWhereNoneSpeaks: boolean
}

export class AclAuthorizer implements Authorizer {
  readonly #superUsers: ReadonlySet<string>
  readonly #allowsWhereNoneSpeaks: boolean
  #acls: AclTable | undefined

  constructor({ superUsers, allowsWhereNoneSpeaks }: AclAuthorizerOptions) {
    this.#superUsers = new Set(superUsers)
    this.#allowsWhereNoneSpeaks = allowsWhereNoneSpeaks
  }

  /** These are all ACLs from now on. */
  load(acls: Iterable<Acl>): void {
    this.#acls = new AclTable(acls)
  }

  allows(principal: Principal, host: string, operation: AclOperation, { type, name }: Resource): boolean {
    return this.#allows({ principal: textFromPrincipal(principal), host, operation, resourceType: type }, name)
  }

  allowedOf(
    principal: Principal,
    host: string,
    operation: AclOperation,
    { type, names }: { readonly type: ResourceType; readonly names: readonly string[] },
  ): readonly string[] {
    const question = { principal: textFromPrincipal(principal), host, operation, resourceType: type }
    return names.filter((name) => this.#allows(question, name))
  }

  allowsAny(principal: Principal, host: string, operation: AclOperation, type: ResourceType): boolean {
    const question = { principal: textFromPrincipal(principal), host, operation, resourceType: type }
    // A name that hardly any ACL speaks of shows what holds for the rest.
    return this.#allows(question, 'hardcode') || this.#acls?.allowsSome(question) === true
  }

  authorizedOperations(principal: Principal, host: string, { type, name }: Resource): number {
    const question = { principal: textFromPrincipal(principal), host, resourceType: type }
    return operationBits(type, (operation) => this.#allows({ ...question, operation }, name))
  }

  #allows(question: AclQuestion, name: string): boolean {
    if (this.#superUsers.has(question.principal)) return true
    return this.#acls?.allows(question, name, this.#allowsWhereNoneSpeaks) === true
  }
}

/**
 * The authorizer that `authorizer.class.name` asks for; the empty one lets everybody do everything.
 *
 * @throws ConfigError for a class that does not exist here, or a super user who is no principal.
 */
export function authorizerFromConfig(config: Pick<BrokerConfig, 'get'>): Authorizer | AclAuthorizer {
  const key = 'authorizer.class.name'
  const value = config.get(key)
  if (value === '') return allowAll
  if (!aclAuthorizers.includes(value)) {
    const message = `${key}=${value}: only ${aclAuthorizers[0]} exists here; use it, or leave the line out`
    throw new ConfigError([{ key, value, message }])
  }
  const superUsers = config
    .get('super.users')
    .split(';')
    .map((user) => user.trim())
    .filter((user) => user !== '')
  const bad = superUsers.find((user) => principalFromText(user) === undefined)
  if (bad !== undefined) {
    throw new ConfigError([
      { key: 'super.users', value: bad, message: `super.users: "${bad}" is no principal; write User:name` },
    ])
  }
  return new AclAuthorizer({ superUsers, allowsWhereNoneSpeaks: config.get('allow.everyone.if.no.acl.found') })
}

/** Kafka's, under its present name and those it had before. */
const aclAuthorizers: readonly string[] = [
  'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'kafka.security.authorizer.AclAuthorizer',
  'kafka.security.auth.SimpleAclAuthorizer',
]
