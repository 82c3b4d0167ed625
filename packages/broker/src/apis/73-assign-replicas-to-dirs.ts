/** AssignReplicasToDirs (key 73): a broker says which of its directories hold which replicas (KIP-858). On the controllers’ listener only. */
import { errorCode, AssignReplicasToDirs } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const assignReplicasToDirs = defineForwarded(AssignReplicasToDirs, {
  refuse: (_request, error) => ({ errorCode: errorCode(error), directories: [] }),
  isExemptFromQuotas: true,
})
