/** DescribeUserScramCredentials (key 50): which SCRAM credentials users have (KIP-554), never the credentials. */
import { DescribeUserScramCredentials, errorCode, errorMessage } from '@gregor/protocol'
import type { ProtocolError, ResponseInput } from '@gregor/protocol'
import { isAllowedOnCluster } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { Services } from '../server/services.ts'

type Response = ResponseInput<typeof DescribeUserScramCredentials>
type Result = Response['results'][number]

export const describeUserScramCredentials = defineHandler(DescribeUserScramCredentials, {
  handle({ users }, context, services) {
    if (!isAllowedOnCluster(services, context, 'DESCRIBE')) return refused('CLUSTER_AUTHORIZATION_FAILED')
    const known = credentialsByUser(services)
    const asked = users === null || users.length === 0 ? [...known.keys()] : users.map(({ name }) => name)
    const counts = Map.groupBy(asked, (name) => name)
    return {
      errorCode: 0,
      results: [...counts].map(([user, { length }]) => resultOf(user, length, known)),
    }
  },
  refuse: (_request, error) => refused(error),
})

function credentialsByUser({ metadata }: Services): ReadonlyMap<string, Result['credentialInfos']> {
  const byUser = new Map<string, { mechanism: number; iterations: number }[]>()
  for (const { user, mechanism, iterations } of metadata.image.scramCredentials.values()) {
    const infos = byUser.get(user) ?? []
    byUser.set(user, infos)
    infos.push({ mechanism, iterations })
  }
  return byUser
}

function resultOf(user: string, askedCount: number, known: ReadonlyMap<string, Result['credentialInfos']>): Result {
  if (askedCount > 1) {
    const message = 'Cannot describe SCRAM credentials for the same user twice in a single request'
    return {
      user,
      errorCode: errorCode('DUPLICATE_RESOURCE'),
      errorMessage: `${message}: ${user}`,
      credentialInfos: [],
    }
  }
  const credentialInfos = known.get(user)
  if (credentialInfos === undefined) {
    const message = 'Attempt to describe a user credential that does not exist'
    return {
      user,
      errorCode: errorCode('RESOURCE_NOT_FOUND'),
      errorMessage: `${message}: ${user}`,
      credentialInfos: [],
    }
  }
  return { user, errorCode: 0, credentialInfos }
}

function refused(error: ProtocolError): Response {
  return { errorCode: errorCode(error), errorMessage: errorMessage(error), results: [] }
}
