/** kafka-delete-records: deletes what is before an offset, partition by partition, as a file says. */
import type { RecordsToDelete } from '@gregor/client'
import { bootstrapServer, commandConfig, withAdmin } from './admin-options.ts'
import { fileContent } from './client-properties.ts'
import { javaErrorText } from './java-errors.ts'
import { text } from './joptsimple.ts'
import { defineTool } from './tool.ts'
import { ToolExit } from './tool-exit.ts'

const options = {
  'bootstrap-server': bootstrapServer,
  'offset-json-file': text({
    summary:
      'A file of JSON that says which partitions, and of each the first offset to keep (-1: none of its records): {"partitions": [{"topic": "orders", "partition": 1, "offset": 100}], "version": 1}',
    placeholder: 'file',
  }),
  'command-config': commandConfig,
}

export const kafkaDeleteRecords = defineTool({
  name: 'kafka-delete-records',
  dialect: 'joptsimple',
  summary: 'Deletes the records of partitions before given offsets.',
  options,
  examples: ['--bootstrap-server localhost:9092 --offset-json-file offsets.json'],
  async run(given, program) {
    given.require('bootstrap-server', 'offset-json-file')
    const { out } = program
    const connection = {
      bootstrapServer: given.value('bootstrap-server'),
      commandConfig: given.value('command-config'),
    }
    const file = given.value('offset-json-file') ?? ''
    await withAdmin(connection, program, async (admin) => {
      const wanted = recordsToDelete(fileContent(file, program).toString())
      out.line('Executing records delete operation')
      const results = await admin.deleteRecords(wanted)
      out.line('Records delete operation completed:')
      for (const { item, value, error } of results) {
        const partition = `partition: ${item.topic}-${item.partition}`
        out.line(
          error === undefined
            ? `${partition}\tlow_watermark: ${value.lowWatermark}`
            : `${partition}\terror: ${javaErrorText(error)}`,
        )
      }
    })
  },
})

function recordsToDelete(json: string): readonly RecordsToDelete[] {
  const parsed = parsedJson(json)
  if (parsed === undefined) throw new ToolExit('The input string is not a valid JSON')
  const { version = 1, partitions } = asObject(parsed, 'it')
  if (version !== 1) throw new ToolExit(`Not supported version field value ${String(version)}`)
  if (partitions === undefined) throw new ToolExit('Missing partitions field')
  if (!Array.isArray(partitions)) throw new ToolExit('partitions: expected an array')
  const wanted = partitions.map((each: unknown) => {
    const { topic, partition, offset } = asObject(each, 'each of partitions')
    if (typeof topic !== 'string') throw new ToolExit('topic: expected a string')
    if (!Number.isInteger(partition)) throw new ToolExit('partition: expected a whole number')
    if (!Number.isInteger(offset)) throw new ToolExit('offset: expected a whole number')
    return { topic, partition: Number(partition), beforeOffset: Number(offset) }
  })
  const names = wanted.map(({ topic, partition }) => `${topic}-${partition}`)
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
  if (twice.length > 0) throw new ToolExit(`Offset json file contains duplicate topic partitions: ${twice.join(',')}`)
  return wanted
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new ToolExit(`${what}: expected a JSON object`)
}
