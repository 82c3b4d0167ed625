/** Principals, authorizers, ACLs and quotas. This file is the package’s public interface. */
export { AclAuthorizer, authorizerFromConfig } from './acl-authorizer.ts'
export type { AclAuthorizerOptions } from './acl-authorizer.ts'
export {
  operationCodes,
  patternTypeCodes,
  permissionTypeCodes,
  resourceTypeCodes,
  supportedOperations,
} from './acl-codes.ts'
export type { AclOperation, PatternType, PermissionType, ResourceType } from './acl-codes.ts'
export { AclTable } from './acl-table.ts'
export type { Acl, AclQuestion } from './acl-table.ts'
export { allowAll } from './authorizer.ts'
export type { Authorizer, Resource } from './authorizer.ts'
export { ClientQuotas } from './client-quotas.ts'
export type { ClientQuotasOptions } from './client-quotas.ts'
export { ConnectionRates } from './connection-rates.ts'
export type { ConnectionRateLimits, ConnectionVerdict, NewConnection } from './connection-rates.ts'
export { MutationQuotas } from './mutation-quotas.ts'
export type { MutationCharge } from './mutation-quotas.ts'
export { anonymous, principalFromText, textFromPrincipal } from './principal.ts'
export type { Principal } from './principal.ts'
export { AddressQuotaTable, QuotaTable } from './quota-table.ts'
export type { QuotaBucket, QuotaClient, QuotaKey, StoredQuota } from './quota-table.ts'
export { RateWindow } from './rate-window.ts'
export type { RateWindowOptions } from './rate-window.ts'
export { TokenBucket } from './token-bucket.ts'
export type { TokenBucketOptions } from './token-bucket.ts'
export { type JaasEntry, jaasEntryFromText } from './sasl/jaas.ts'
export { type OauthToken, oauthBearerExchange, unsecuredToken } from './sasl/oauth-bearer.ts'
export { plainExchange } from './sasl/plain.ts'
export { SaslError, type SaslExchange } from './sasl/sasl-exchange.ts'
export { type ScramCredentials, scramExchange } from './sasl/scram.ts'
export { type ScramMechanism, scramKeys, scramMechanisms } from './sasl/scram-keys.ts'
