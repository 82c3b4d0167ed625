/**
 * AlterUserScramCredentials (51): what servers keep to check SCRAM passwords (KIP-554, RFC 5802). The client sends the
 * salted password; kept are the two keys made from it, never the password.
 */
import { assert } from '@gregor/base'
import { scramKey, since } from '@gregor/metadata'
import { AlterUserScramCredentials } from '@gregor/protocol'
import type { MetadataRecordInput, RequestOf } from '@gregor/protocol'
import { scramKeys, scramMechanisms } from '@gregor/security'
import { errorFields, isProblem, problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { defineControllerHandler } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'
import { metadataVersionOf } from './deliberation.ts'

type ScramRequest = RequestOf<typeof AlterUserScramCredentials>
type Deletion = ScramRequest['deletions'][number]
type Upsertion = ScramRequest['upsertions'][number]

const hashes = new Map<number, Parameters<typeof scramKeys>[0]>(
  Object.values(scramMechanisms).map(({ code, hash }) => [code, hash]),
)
const iterationsMin = 4_096
const iterationsMax = 16_384

export const alterUserScramCredentials = defineControllerHandler(AlterUserScramCredentials, {
  clusterOperation: 'Alter',
  decide({ deletions, upsertions }, asked) {
    const changes = [
      ...deletions.map((deletion) => ({ user: deletion.name, decide: () => remove(deletion, asked) })),
      ...upsertions.map((upsertion) => ({ user: upsertion.name, decide: () => upsert(upsertion) })),
    ]
    const outcomes = [...Map.groupBy(changes, ({ user }) => user)].map(([user, [change, ...others]]) => {
      const first = unsupported(asked) ?? change?.decide() ?? twice
      return { user, outcome: isProblem(first) || others.length === 0 ? first : twice }
    })
    return {
      response: {
        results: outcomes.map(({ user, outcome }) => ({
          user,
          ...errorFields(isProblem(outcome) ? outcome : undefined),
        })),
      },
      records: outcomes.flatMap(({ outcome }) => (isProblem(outcome) ? [] : [outcome])),
    }
  },
  refuse: ({ deletions, upsertions }, found) => ({
    results: [...new Set([...deletions, ...upsertions].map(({ name }) => name))].map((user) => ({ user, ...found })),
  }),
})

const twice = problem('DUPLICATE_RESOURCE', 'A user credential cannot be altered twice in the same request')

function unsupported(asked: Asked): ApiProblem | undefined {
  if (metadataVersionOf(asked) >= since.scram) return undefined
  return problem('UNSUPPORTED_VERSION', 'The current metadata.version does not support SCRAM')
}

function remove({ name, mechanism }: Deletion, { image }: Asked): MetadataRecordInput | ApiProblem {
  const found = nameProblem(name, mechanism)
  if (found !== undefined) return found
  if (!image.scramCredentials.has(scramKey(name, mechanism))) {
    return problem('RESOURCE_NOT_FOUND', 'Attempt to delete a user credential that does not exist')
  }
  return { type: 'RemoveUserScramCredentialRecord', name, mechanism }
}

function upsert({ name, mechanism, iterations, salt, saltedPassword }: Upsertion): MetadataRecordInput | ApiProblem {
  const found = nameProblem(name, mechanism)
  if (found !== undefined) return found
  if (iterations < iterationsMin) return problem('UNACCEPTABLE_CREDENTIAL', 'Too few iterations')
  if (iterations > iterationsMax) return problem('UNACCEPTABLE_CREDENTIAL', 'Too many iterations')
  const hash = hashes.get(mechanism)
  assert(hash !== undefined, 'an unknown mechanism was refused')
  const { storedKey, serverKey } = scramKeys(hash, saltedPassword)
  return { type: 'UserScramCredentialRecord', name, mechanism, salt, storedKey, serverKey, iterations }
}

function nameProblem(name: string, mechanism: number): ApiProblem | undefined {
  if (name === '') return problem('UNACCEPTABLE_CREDENTIAL', 'Username must not be empty')
  if (!hashes.has(mechanism)) return problem('UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism')
  return undefined
}
