/** The words for resources, operations and the like, and their numbers on the wire (KIP-140, 290, 430). */

export type AclOperation =
  | 'UNKNOWN'
  | 'ANY'
  | 'ALL'
  | 'READ'
  | 'WRITE'
  | 'CREATE'
  | 'DELETE'
  | 'ALTER'
  | 'DESCRIBE'
  | 'CLUSTER_ACTION'
  | 'DESCRIBE_CONFIGS'
  | 'ALTER_CONFIGS'
  | 'IDEMPOTENT_WRITE'
  | 'CREATE_TOKENS'
  | 'DESCRIBE_TOKENS'
  | 'TWO_PHASE_COMMIT'

export type AclPermissionType = 'UNKNOWN' | 'ANY' | 'DENY' | 'ALLOW'

export type ResourceType =
  | 'UNKNOWN'
  | 'ANY'
  | 'TOPIC'
  | 'GROUP'
  | 'CLUSTER'
  | 'TRANSACTIONAL_ID'
  | 'DELEGATION_TOKEN'
  | 'USER'

export type PatternType = 'UNKNOWN' | 'ANY' | 'MATCH' | 'LITERAL' | 'PREFIXED'

/** By their number. */
export const aclOperations: readonly AclOperation[] = [
  'UNKNOWN',
  'ANY',
  'ALL',
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
  'CREATE_TOKENS',
  'DESCRIBE_TOKENS',
  'TWO_PHASE_COMMIT',
]
/** By their number. */
export const permissionTypes: readonly AclPermissionType[] = ['UNKNOWN', 'ANY', 'DENY', 'ALLOW']
/** By their number. */
export const resourceTypes: readonly ResourceType[] = [
  'UNKNOWN',
  'ANY',
  'TOPIC',
  'GROUP',
  'CLUSTER',
  'TRANSACTIONAL_ID',
  'DELEGATION_TOKEN',
  'USER',
]
/** By their number. */
export const patternTypes: readonly PatternType[] = ['UNKNOWN', 'ANY', 'MATCH', 'LITERAL', 'PREFIXED']

/** A number that is newer than this table is UNKNOWN. */
export function wordAt<Word extends string>(words: readonly Word[], code: number): Word | 'UNKNOWN' {
  return words[code] ?? 'UNKNOWN'
}

const notAsked = -2_147_483_648

/** What the principal may do, from the bits of an answer; `undefined` where it was not asked for, or the node is too old. */
export function operationsFromBits(bits: number): readonly AclOperation[] | undefined {
  if (bits === notAsked) return undefined
  return aclOperations.filter((_, code) => (bits & (1 << code)) !== 0)
}
