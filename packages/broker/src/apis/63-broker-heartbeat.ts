/** BrokerHeartbeat (key 63): a broker is alive, and asks whether it may serve or stop (KIP-631). On the controllers’ listener only. */
import { errorCode, BrokerHeartbeat } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const brokerHeartbeat = defineForwarded(BrokerHeartbeat, {
  refuse: (_request, error) => ({ errorCode: errorCode(error), shouldShutDown: false }),
  isExemptFromQuotas: true,
})
