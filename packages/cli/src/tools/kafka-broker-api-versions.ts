/** kafka-broker-api-versions: which requests each broker takes, and up to which version this tool can use them. */
import type { ApiVersionRange } from '@gregor/client'
import { apiByKey, apis } from '@gregor/protocol'
import { bootstrapServer, commandConfig, withAdmin } from './admin-options.ts'
import { javaErrorText } from './java-errors.ts'
import { defineTool } from './tool.ts'

const options = { 'command-config': commandConfig, 'bootstrap-server': bootstrapServer }

export const kafkaBrokerApiVersions = defineTool({
  name: 'kafka-broker-api-versions',
  dialect: 'joptsimple',
  summary: 'Tells which versions of which requests brokers take.',
  options,
  examples: ['--bootstrap-server localhost:9092'],
  async run(given, program) {
    given.require('bootstrap-server')
    const connection = {
      bootstrapServer: given.value('bootstrap-server'),
      commandConfig: given.value('command-config'),
    }
    const { out } = program
    await withAdmin(connection, program, async (admin) => {
      const { nodes } = await admin.describeCluster()
      for (const { nodeId, host, port, rack } of nodes.toSorted((a, b) => a.nodeId - b.nodeId)) {
        const node = `${host}:${port} (id: ${nodeId} rack: ${rack ?? 'null'} isFenced: false)`
        try {
          const { apis: ranges } = await admin.apiVersions(nodeId)
          out.line(`${node} -> (\n\t${apiTexts(ranges).join(',\n\t')}\n)`)
        } catch (error) {
          if (!(error instanceof Error)) throw error
          out.line(`${node} -> ERROR: ${javaErrorText(error)}`)
        }
      }
    })
  },
})

/** In the order of their keys; also of those that the broker does not take. */
function apiTexts(ranges: readonly ApiVersionRange[]): readonly string[] {
  const texts = new Map(ranges.map((range) => [range.apiKey, apiText(range)]))
  for (const { key, name, listeners } of apis) {
    if (listeners.includes('broker') && !texts.has(key)) texts.set(key, `${name}(${key}): UNSUPPORTED`)
  }
  return [...texts].toSorted(([a], [b]) => a - b).map(([, text]) => text)
}

function apiText({ apiKey, minVersion, maxVersion }: ApiVersionRange): string {
  const known = apiByKey(apiKey)
  const versions = minVersion === maxVersion ? `${minVersion}` : `${minVersion} to ${maxVersion}`
  if (known === undefined) return `UNKNOWN(${apiKey}): ${versions}`
  const named = `${known.name}(${apiKey}): ${versions}`
  if (known.versions.max < minVersion) return `${named} [unusable: node too new]`
  if (maxVersion < known.versions.min) return `${named} [unusable: node too old]`
  return `${named} [usable: ${Math.min(known.versions.max, maxVersion)}]`
}
