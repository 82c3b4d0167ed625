/**
 * Records of `__cluster_metadata` about who may do what, and how much: ACLs (KIP-801), SCRAM credentials
 * (KIP-900), delegation tokens (KIP-48), client quotas (KIP-546). Types, operations and mechanisms have the numbers of
 * the APIs. The frame around the records is in `metadata-records`.
 */

import { array, boolean, bytes, float64, int32, int64, int8, string, uuid } from '../schema/field.ts'
import { defineMessage } from '../schema/schema.ts'

export const AccessControlEntryRecord = defineMessage({
  name: 'AccessControlEntryRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    id: uuid(),
    resourceType: int8(),
    resourceName: string(),
    patternType: int8(),
    principal: string(),
    host: string(),
    operation: int8(),
    permissionType: int8(),
  },
})

export const RemoveAccessControlEntryRecord = defineMessage({
  name: 'RemoveAccessControlEntryRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    id: uuid(),
  },
})

export const UserScramCredentialRecord = defineMessage({
  name: 'UserScramCredentialRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    name: string(),
    /** 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
    mechanism: int8(),
    salt: bytes(),
    storedKey: bytes(),
    serverKey: bytes(),
    iterations: int32(),
  },
})

export const RemoveUserScramCredentialRecord = defineMessage({
  name: 'RemoveUserScramCredentialRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    name: string(),
    mechanism: int8(),
  },
})

export const DelegationTokenRecord = defineMessage({
  name: 'DelegationTokenRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    owner: string(),
    /** Who asked for it, which need not be the owner (KIP-373). */
    requester: string(),
    renewers: array(string()),
    issueTimestamp: int64(),
    /** It cannot be renewed beyond. */
    maxTimestamp: int64(),
    /** It ends then unless it is renewed. */
    expirationTimestamp: int64(),
    tokenId: string(),
  },
})

export const RemoveDelegationTokenRecord = defineMessage({
  name: 'RemoveDelegationTokenRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    tokenId: string(),
  },
})

export const ClientQuotaRecord = defineMessage({
  name: 'ClientQuotaRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    entity: array({
      /** "user", "client-id" or "ip". */
      entityType: string(),
      /** Null: the default for all of that type. */
      entityName: string({ nullable: '0+' }),
    }),
    key: string(),
    /** Means nothing where `remove` is set. */
    value: float64(),
    remove: boolean(),
  },
})
