/** BrokerRegistration (key 62): a broker makes itself known (KIP-631). On the controllers’ listener only. */
import { errorCode, BrokerRegistration } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const brokerRegistration = defineForwarded(BrokerRegistration, {
  refuse: (_request, error) => ({ errorCode: errorCode(error) }),
  isExemptFromQuotas: true,
})
