/** Why a request is not granted: what the client is told, and no decision. */
import type { ProtocolError } from '@gregor/protocol'

export interface Refusal {
  readonly refused: ProtocolError
  readonly message: string
}

export function refusal(refused: ProtocolError, message: string): Refusal {
  return { refused, message }
}

export function isRefusal(value: object | undefined): value is Refusal {
  return value !== undefined && 'refused' in value
}
