/**
 * ACLs, laid out so that those which speak of a resource are found without looking at the others, and the rules by
 * which they decide. Pure; the semantics are those of Kafka's StandardAuthorizer (KIP-801):
 *
 * - An ACL speaks of a resource if its name is the same, is `*`, or (prefixed) is what the resource's name begins with.
 * - Of those that also fit principal, host and operation, any DENY refuses; else any ALLOW allows.
 * - If none fits: refused where some ACL speaks of the resource, else what is said for resources without ACLs.
 * - ALLOW of READ, WRITE, DELETE or ALTER lets DESCRIBE, too; ALLOW of ALTER_CONFIGS lets DESCRIBE_CONFIGS. A DENY
 *   implies nothing.
 */
import { operationCodes, patternTypeCodes, permissionTypeCodes, resourceTypeCodes } from './acl-codes.ts'
import type { AclOperation, ResourceType } from './acl-codes.ts'

/** As it is stored, with the numbers of the wire. */
export interface Acl {
  readonly resourceType: number
  /** `*`, literal: any. */
  readonly resourceName: string
  readonly patternType: number
  /** `User:*`: anybody. */
  readonly principal: string
  /** `*`: from anywhere. */
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** Who asks, for what. */
export interface AclQuestion {
  /** `User:alice` */
  readonly principal: string
  readonly host: string
  readonly operation: AclOperation
  readonly resourceType: ResourceType
}

const ANY_NAME = '*'
const ANY_HOST = '*'
const ANY_PRINCIPAL = 'User:*'

const { LITERAL, PREFIXED } = patternTypeCodes
const { ALLOW, DENY } = permissionTypeCodes

/** What an ALLOW of the operation on the right gives along with it. */
const impliedBy: Readonly<Record<number, readonly number[]>> = {
  [operationCodes.DESCRIBE]: [operationCodes.READ, operationCodes.WRITE, operationCodes.DELETE, operationCodes.ALTER],
  [operationCodes.DESCRIBE_CONFIGS]: [operationCodes.ALTER_CONFIGS],
}

interface TypeTable {
  readonly literal: Map<string, Acl[]>
  readonly prefixed: Map<string, Acl[]>
  /** How long the prefixes are, each length once. */
  readonly prefixLengths: Set<number>
}

export class AclTable {
  readonly #byType = new Map<number, TypeTable>()
  readonly size: number

  constructor(acls: Iterable<Acl>) {
    let size = 0
    for (const acl of acls) {
      size++
      const { literal, prefixed, prefixLengths } = this.#tableOf(acl.resourceType)
      if (acl.patternType === LITERAL) append(literal, acl)
      if (acl.patternType !== PREFIXED) continue
      append(prefixed, acl)
      prefixLengths.add(acl.resourceName.length)
    }
    this.size = size
  }

  /** @param whereNoneSpeaks - the answer for a resource of which no ACL speaks. */
  allows(question: AclQuestion, name: string, whereNoneSpeaks: boolean): boolean {
    let isSpokenOf = false
    let isAllowed = false
    for (const acls of this.#speakingOf(question.resourceType, name)) {
      isSpokenOf ||= acls.length > 0
      for (const acl of acls) {
        if (!fits(acl, question)) continue
        if (acl.permissionType === DENY) return false
        isAllowed ||= acl.permissionType === ALLOW
      }
    }
    return isAllowed || (!isSpokenOf && whereNoneSpeaks)
  }

  /**
   * Whether some name exists that would be allowed: an ALLOW that no DENY covers. Only the operation itself and ALL
   * count here, nothing implied.
   */
  allowsSome(question: AclQuestion): boolean {
    const table = this.#byType.get(resourceTypeCodes[question.resourceType])
    if (table === undefined) return false
    const literal = namesBy(table.literal, question)
    const prefixed = namesBy(table.prefixed, question)
    if (literal.denied.has(ANY_NAME)) return false
    if (literal.allowed.has(ANY_NAME)) return true
    const isCovered = (name: string): boolean => prefixesOf(name).some((prefix) => prefixed.denied.has(prefix))
    return (
      [...literal.allowed].some((name) => !literal.denied.has(name) && !isCovered(name)) ||
      [...prefixed.allowed].some((name) => !isCovered(name))
    )
  }

  *#speakingOf(type: ResourceType, name: string): Generator<readonly Acl[]> {
    const table = this.#byType.get(resourceTypeCodes[type])
    if (table === undefined) return
    yield table.literal.get(name) ?? []
    if (name !== ANY_NAME) yield table.literal.get(ANY_NAME) ?? []
    for (const length of table.prefixLengths) {
      if (length <= name.length) yield table.prefixed.get(name.slice(0, length)) ?? []
    }
  }

  #tableOf(resourceType: number): TypeTable {
    const known = this.#byType.get(resourceType)
    if (known !== undefined) return known
    const table: TypeTable = { literal: new Map(), prefixed: new Map(), prefixLengths: new Set() }
    this.#byType.set(resourceType, table)
    return table
  }
}

function fits(acl: Acl, question: AclQuestion): boolean {
  return isAskedBy(acl, question) && coversOperation(acl, operationCodes[question.operation])
}

function isAskedBy({ principal, host }: Acl, question: AclQuestion): boolean {
  if (principal !== question.principal && principal !== ANY_PRINCIPAL) return false
  return host === question.host || host === ANY_HOST
}

function coversOperation({ operation, permissionType }: Acl, asked: number): boolean {
  if (operation === asked || operation === operationCodes.ALL) return true
  return permissionType === ALLOW && impliedBy[asked]?.includes(operation) === true
}

function namesBy(
  acls: ReadonlyMap<string, readonly Acl[]>,
  question: AclQuestion,
): { readonly allowed: ReadonlySet<string>; readonly denied: ReadonlySet<string> } {
  const allowed = new Set<string>()
  const denied = new Set<string>()
  const asked = operationCodes[question.operation]
  for (const [name, sameName] of acls) {
    for (const acl of sameName) {
      if (!isAskedBy(acl, question) || (acl.operation !== asked && acl.operation !== operationCodes.ALL)) continue
      if (acl.permissionType === ALLOW) allowed.add(name)
      if (acl.permissionType === DENY) denied.add(name)
    }
  }
  return { allowed, denied }
}

function prefixesOf(name: string): readonly string[] {
  return Array.from({ length: name.length }, (_, i) => name.slice(0, i + 1))
}

function append(map: Map<string, Acl[]>, acl: Acl): void {
  const acls = map.get(acl.resourceName)
  if (acls === undefined) map.set(acl.resourceName, [acl])
  else acls.push(acl)
}
