/** SCRAM credentials of users (KIP-554). A password never travels: what is sent is derived from it here (RFC 5802). */
import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { AlterUserScramCredentials, DescribeUserScramCredentials } from '@gregor/protocol'
import { type ScramMechanism, scramMechanisms } from '@gregor/security'
import {
  type AdminContext,
  type CallOptions,
  call,
  check,
  errorOf,
  failure,
  inRounds,
  passingAtController,
  asIs,
} from './call.ts'
import { type Result, Results } from './results.ts'

export type { ScramMechanism } from '@gregor/security'

export interface ScramCredentialInfo {
  /** `UNKNOWN`: one that is newer than we are. */
  readonly mechanism: ScramMechanism | 'UNKNOWN'
  readonly iterations: number
}

export interface ScramUpsertion {
  readonly user: string
  readonly mechanism: ScramMechanism
  /** As text; it is taken as UTF-8. */
  readonly password: string
  /** 4,096 to 16,384. Default: 4,096. */
  readonly iterations?: number
  /** Default: random. */
  readonly salt?: Uint8Array
}

export interface ScramDeletion {
  readonly user: string
  readonly mechanism: ScramMechanism
}

export interface ScramAlterations {
  readonly upsertions?: readonly ScramUpsertion[]
  readonly deletions?: readonly ScramDeletion[]
}

const iterationsDefault = 4096
const saltBytes = 24

const derive = promisify(pbkdf2)

/** Of no users: all that have some. A user without any fails with RESOURCE_NOT_FOUND. */
export function describeUserScramCredentials(
  context: AdminContext,
  users: readonly string[],
  options: CallOptions,
): Promise<Results<string, readonly ScramCredentialInfo[]>> {
  return call(context, 'describeUserScramCredentials', options, async (given) => {
    const request = { users: users.length === 0 ? null : users.map((name) => ({ name })) }
    const { response } = await context.cluster.send('any', DescribeUserScramCredentials, request, given)
    check(response.errorCode, response.errorMessage)
    const results = response.results.map(
      ({ user, errorCode, errorMessage, credentialInfos }): Result<string, readonly ScramCredentialInfo[]> => {
        const error = errorOf(errorCode, errorMessage)
        if (error !== undefined) return { item: user, value: undefined, error }
        return { item: user, value: credentialInfos.map(credentialInfo), error: undefined }
      },
    )
    return new Results(results, asIs)
  })
}

/** All that is asked of a user is done, or nothing. */
export async function alterUserScramCredentials(
  context: AdminContext,
  { upsertions = [], deletions = [] }: ScramAlterations,
  options: CallOptions,
): Promise<Results<string, void>> {
  const salted = await Promise.all(upsertions.map((one) => saltedUpsertion(context, one)))
  const users = [...upsertions, ...deletions].map(({ user }) => user)
  const rounds = { ...options, name: 'alterUserScramCredentials', keyOf: asIs, passing: passingAtController }
  const withoutPassword = new Set(upsertions.flatMap(({ user, password }) => (password === '' ? [user] : [])))
  return inRounds(context, users, rounds, async (open, report, given) => {
    for (const user of open) {
      if (user === '') report.refused(user, failure('UNACCEPTABLE_CREDENTIAL', 'the name of the user is empty'))
      if (withoutPassword.has(user)) report.refused(user, failure('UNACCEPTABLE_CREDENTIAL', 'the password is empty'))
    }
    const asked = new Set(open.filter((user) => user !== '' && !withoutPassword.has(user)))
    if (asked.size === 0) return
    const request = {
      upsertions: salted.filter(({ name }) => asked.has(name)),
      deletions: deletions
        .filter(({ user }) => asked.has(user))
        .map(({ user, mechanism }) => ({ name: user, mechanism: scramMechanisms[mechanism].code })),
    }
    const { response } = await context.cluster.send('controller', AlterUserScramCredentials, request, given)
    for (const { user, errorCode, errorMessage } of response.results) {
      const error = errorOf(errorCode, errorMessage)
      if (error === undefined) report.done(user, undefined)
      else report.failed(user, error)
    }
  })
}

async function saltedUpsertion({ environment }: AdminContext, upsertion: ScramUpsertion) {
  const { user, mechanism, password, iterations = iterationsDefault } = upsertion
  const { code, hash, keyBytes } = scramMechanisms[mechanism]
  const salt = upsertion.salt ?? environment.random.fill(Buffer.alloc(saltBytes))
  const saltedPassword = await derive(password, salt, iterations, keyBytes, hash)
  return { name: user, mechanism: code, iterations, salt, saltedPassword }
}

function credentialInfo({ mechanism, iterations }: { readonly mechanism: number; readonly iterations: number }) {
  for (const [name, { code }] of Object.entries(scramMechanisms)) {
    if (code === mechanism) return { mechanism: name as ScramMechanism, iterations }
  }
  return { mechanism: 'UNKNOWN' as const, iterations }
}
