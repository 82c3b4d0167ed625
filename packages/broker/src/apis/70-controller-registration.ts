/** ControllerRegistration (key 70): a controller says where it is (KIP-919). On the controllers’ listener only. */
import { errorCode, ControllerRegistration } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const controllerRegistration = defineForwarded(ControllerRegistration, {
  refuse: (_request, error) => ({ errorCode: errorCode(error) }),
  isExemptFromQuotas: true,
})
