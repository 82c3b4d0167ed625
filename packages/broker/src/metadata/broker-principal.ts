/**
 * Whom the controller sees behind requests that the broker makes for itself. Nobody on the network is this very object:
 * the controller of the same node needs no proof from its own broker.
 */
import type { Principal } from '@gregor/security'

export const brokerPrincipal: Principal = { type: 'User', name: 'ANONYMOUS', tokenAuthenticated: false }
export const brokerAddress = '127.0.0.1'
