/** Delegation tokens: passwords for a time that stand for a principal (KIP-48, 373). */
import {
  CreateDelegationToken,
  DescribeDelegationToken,
  ExpireDelegationToken,
  RenewDelegationToken,
} from '@gregor/protocol'
import { type AdminContext, type CallOptions, call, check } from './call.ts'

/** `{ type: 'User', name: 'ann' }` */
export interface TokenPrincipal {
  readonly type: string
  readonly name: string
}

export interface CreateDelegationTokenOptions extends CallOptions {
  /** Who may renew it besides the owner. */
  readonly renewers?: readonly TokenPrincipal[]
  /** Whom it stands for. Default: who asks. */
  readonly owner?: TokenPrincipal
  /** Renewing goes no further. Default: `delegation.token.max.lifetime.ms` of the broker. */
  readonly maxLifetimeMs?: number
}

export interface RenewDelegationTokenOptions extends CallOptions {
  /** From now. Default: `delegation.token.expiry.time.ms` of the broker. */
  readonly renewTimePeriodMs?: number
}

export interface ExpireDelegationTokenOptions extends CallOptions {
  /** From now. Default: at once. */
  readonly expiryTimePeriodMs?: number
}

export interface DescribeDelegationTokenOptions extends CallOptions {
  /** Default: of all owners whose tokens may be seen. */
  readonly owners?: readonly TokenPrincipal[]
}

export interface DelegationToken {
  readonly tokenId: string
  /** The secret: the password of the token. */
  readonly hmac: Buffer
  readonly owner: TokenPrincipal
  readonly tokenRequester: TokenPrincipal
  readonly renewers: readonly TokenPrincipal[]
  /** Times in ms. */
  readonly issueTimestamp: number
  readonly expiryTimestamp: number
  readonly maxTimestamp: number
}

const asTheBrokerIsSetUp = -1

export function createDelegationToken(
  context: AdminContext,
  options: CreateDelegationTokenOptions,
): Promise<DelegationToken> {
  const { renewers = [], owner, maxLifetimeMs = asTheBrokerIsSetUp } = options
  return call(context, 'createDelegationToken', options, async (given) => {
    const request = {
      ...(owner === undefined ? {} : { ownerPrincipalType: owner.type, ownerPrincipalName: owner.name }),
      renewers: renewers.map(principalInput),
      maxLifetimeMs,
    }
    const { response } = await context.cluster.send('controller', CreateDelegationToken, request, given)
    check(response.errorCode)
    return {
      tokenId: response.tokenId,
      hmac: response.hmac,
      ...principals(response),
      renewers,
      issueTimestamp: response.issueTimestampMs,
      expiryTimestamp: response.expiryTimestampMs,
      maxTimestamp: response.maxTimestampMs,
    }
  })
}

/** @returns when it expires now, in ms */
export function renewDelegationToken(
  context: AdminContext,
  hmac: Uint8Array,
  options: RenewDelegationTokenOptions,
): Promise<number> {
  return call(context, 'renewDelegationToken', options, async (given) => {
    const request = { hmac, renewPeriodMs: options.renewTimePeriodMs ?? asTheBrokerIsSetUp }
    const { response } = await context.cluster.send('controller', RenewDelegationToken, request, given)
    check(response.errorCode)
    return response.expiryTimestampMs
  })
}

/** @returns when it expires now, in ms */
export function expireDelegationToken(
  context: AdminContext,
  hmac: Uint8Array,
  options: ExpireDelegationTokenOptions,
): Promise<number> {
  return call(context, 'expireDelegationToken', options, async (given) => {
    const request = { hmac, expiryTimePeriodMs: options.expiryTimePeriodMs ?? -1 }
    const { response } = await context.cluster.send('controller', ExpireDelegationToken, request, given)
    check(response.errorCode)
    return response.expiryTimestampMs
  })
}

export function describeDelegationToken(
  context: AdminContext,
  options: DescribeDelegationTokenOptions,
): Promise<readonly DelegationToken[]> {
  return call(context, 'describeDelegationToken', options, async (given) => {
    const request = { owners: options.owners?.map(principalInput) ?? null }
    const { response } = await context.cluster.send('any', DescribeDelegationToken, request, given)
    check(response.errorCode)
    return response.tokens.map(({ tokenId, hmac, issueTimestamp, expiryTimestamp, maxTimestamp, ...token }) => ({
      tokenId,
      hmac,
      ...principals(token),
      renewers: token.renewers.map(({ principalType, principalName }) => ({
        type: principalType,
        name: principalName,
      })),
      issueTimestamp,
      expiryTimestamp,
      maxTimestamp,
    }))
  })
}

function principalInput({ type, name }: TokenPrincipal) {
  return { principalType: type, principalName: name }
}

interface AnsweredPrincipals {
  readonly principalType: string
  readonly principalName: string
  readonly tokenRequesterPrincipalType: string
  readonly tokenRequesterPrincipalName: string
}

function principals(answer: AnsweredPrincipals) {
  return {
    owner: { type: answer.principalType, name: answer.principalName },
    tokenRequester: { type: answer.tokenRequesterPrincipalType, name: answer.tokenRequesterPrincipalName },
  }
}
