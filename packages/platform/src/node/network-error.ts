/** Turns what Node.js reports into a `NetworkError` that names the address. */
import { NetworkError, type NetworkOperation } from '../errors.ts'

export function networkError(
  operation: NetworkOperation,
  address: { readonly host: string; readonly port: number },
  cause: unknown,
): NetworkError {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'EIO'
  return new NetworkError({ code, host: address.host, port: address.port, operation, cause })
}
