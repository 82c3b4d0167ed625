/** What commands ask a running node over its monitoring port (`gregor.monitoring.address`). */
import { hostAndPortFromText } from '@gregor/config'
import { NetworkError } from '@gregor/platform'
import { text, type Kind } from './command.ts'
import type { Program } from './program.ts'
import { UsageError } from './usage-error.ts'

/** Where `gregor start` serves it unless a file says otherwise. */
const usualAddress = '127.0.0.1:9404'

/** The option that says which node is asked. */
export const monitoringOption: Kind<string, string> = {
  ...text({ summary: `gregor.monitoring.address of the node. Default: ${usualAddress}.`, placeholder: 'host:port' }),
  absent: usualAddress,
}

/**
 * The JSON that the node answers; `undefined` where there is none, which was said to the user then.
 * @param target - a path, encoded.
 */
export async function askNode(
  target: string,
  { monitoring, command }: { readonly monitoring: string; readonly command: string },
  { environment, out }: Program,
): Promise<unknown> {
  const address = hostAndPortFromText(monitoring)
  if (address === undefined) throw new UsageError(`--monitoring ${monitoring}: give it as host:port`)
  try {
    const { status, body } = await environment.http.request(address, target)
    if (status === 200) return JSON.parse(String(body))
    out.error(`gregor ${command}: the node at ${monitoring} answers ${status}: ${String(body).trim()}`)
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    out.error(
      `gregor ${command}: no node answers at ${monitoring} (${error.code}). Is it running, with this as its gregor.monitoring.address?`,
    )
  }
  return undefined
}
