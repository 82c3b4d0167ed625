/** The options that say which cluster a command is about, and the connection to it. */
import type { Admin, Kafka } from '@gregor/client'
import { flag, text, type Kind } from '../command.ts'
import type { Program } from '../program.ts'
import { parseKeyValues, propertiesOf } from '../tools/client-properties.ts'
import { ToolExit } from '../tools/tool-exit.ts'
import { UsageError } from '../usage-error.ts'

const usualAddress = 'localhost:9092'
/** A person waits for it. */
const reachMsMax = 10_000

/** Every command that asks a cluster has these. */
export const clusterOptions = {
  bootstrap: {
    ...text({
      summary: `Brokers to ask at first, with commas between them. Default: GREGOR_BOOTSTRAP, or ${usualAddress}.`,
      placeholder: 'host:port',
    }),
    absent: undefined,
  } satisfies Kind<string>,
  properties: text({ summary: 'A file with configs of the client: security, timeouts.', placeholder: 'file' }),
  json: flag({ summary: 'Print JSON.' }),
}

export interface ClusterGiven {
  readonly bootstrap: string | undefined
  readonly properties: string | undefined
}

/** Runs `use`; what fails is said in one line. Resolves to the exit code. */
export function withCluster(
  given: ClusterGiven,
  where: { readonly command: string; readonly program: Program },
  use: (admin: Admin) => Promise<number | void>,
): Promise<number> {
  return withKafka(given, where, (kafka) => use(kafka.admin()))
}

/** The same for who produces or consumes. @param given.configs - of the client, `key=value`; they go before the file. */
export async function withKafka(
  { bootstrap, properties, configs = [] }: ClusterGiven & { readonly configs?: readonly string[] },
  { command, program }: { readonly command: string; readonly program: Program },
  use: (kafka: Kafka) => Promise<number | void>,
): Promise<number> {
  const { out, variable } = program
  try {
    const given = new Map([...propertiesOf(properties, program), ...parseKeyValues(configs)])
    const address = bootstrap ?? given.get('bootstrap.servers') ?? variable('GREGOR_BOOTSTRAP') ?? usualAddress
    await using kafka = await program.connect({ properties: given.set('bootstrap.servers', address) })
    await kafka.reach(reachMsMax)
    return (await use(kafka)) ?? 0
  } catch (error) {
    if (!(error instanceof Error) || error instanceof UsageError) throw error
    out.error(`gregor ${command}: ${error.message}`)
    return error instanceof ToolExit ? error.exitCode : 1
  }
}
