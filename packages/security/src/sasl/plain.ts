/** PLAIN (RFC 4616), the client's side: name and password as they are. Only to be used inside of TLS. */
import { type SaslExchange, SaslError } from './sasl-exchange.ts'

export function plainExchange({ username, password }: { username: string; password: string }): SaslExchange {
  return {
    first: Buffer.from(`\0${username}\0${password}`),
    next(challenge) {
      if (challenge.length > 0) throw new SaslError('the server asked for more than PLAIN has')
      return undefined
    },
    isDone: true,
  }
}
