/** Apache Kafka’s standard sentence for each error code, as its own class says it. */

import { join } from 'node:path'

import { javaArguments } from './apache-kafka.ts'
import { runWell } from './process.ts'

const program = join(import.meta.dirname, '..', 'suites', 'admin-answers', 'java', 'ErrorTexts.java')

export async function apacheSentences(): Promise<ReadonlyMap<number, string>> {
  const text = await runWell('java', await javaArguments(program, []))
  const lines = text.trimEnd().split('\n')
  return new Map(lines.map((line) => [Number(line.slice(0, line.indexOf('\t'))), line.slice(line.indexOf('\t') + 1)]))
}
