/** `gregor doctor`: looks at a set-up and says what is wrong with it, and what to do. */
import { ConfigError } from '@gregor/config'
import { defineCommand, optional, text } from '../command.ts'
import { checkCluster } from '../doctor/check-cluster.ts'
import { checkNode } from '../doctor/check-node.ts'
import { findingLines, wrong, type Finding } from '../doctor/finding.ts'
import type { Program } from '../program.ts'
import { propertiesOf } from '../tools/client-properties.ts'
import { clusterOptions } from './cluster-options.ts'

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Check a set-up and say what is wrong: a node by its server.properties, a cluster by an address, or both.',
  arguments: { file: optional(text({ summary: 'server.properties of a node on this machine.' })) },
  options: clusterOptions,
  examples: ['doctor config/server.properties', 'doctor --bootstrap kafka-1:9092 --properties client.properties'],
  async run({ file, bootstrap, properties, json }, program) {
    const findings = await allFindings({ file, bootstrap, properties }, program)
    const wrongCount = findings.filter(({ verdict }) => verdict === 'wrong').length
    if (json) program.out.line(JSON.stringify(findings, null, 2))
    else {
      for (const finding of findings) for (const line of findingLines(finding, program)) program.out.line(line)
      program.out.line('')
      program.out.line(wrongCount === 0 ? 'Nothing is wrong.' : `${wrongCount} thing(s) are wrong.`)
    }
    return wrongCount === 0 ? 0 : 1
  },
})

interface Asked {
  readonly file: string | undefined
  readonly bootstrap: string | undefined
  readonly properties: string | undefined
}

/** Without an address the node is looked at alone; without anything, what `gregor start` takes. */
async function allFindings({ file, bootstrap, properties }: Asked, program: Program): Promise<readonly Finding[]> {
  const given = propertiesOf(properties, program)
  const address = bootstrap ?? given.get('bootstrap.servers') ?? program.variable('GREGOR_BOOTSTRAP')
  const ofNode = file !== undefined || address === undefined ? await checkNode(file, program) : []
  return address === undefined ? ofNode : [...ofNode, ...(await clusterFindings(address, given, program))]
}

async function clusterFindings(
  address: string,
  properties: ReadonlyMap<string, string>,
  program: Program,
): Promise<readonly Finding[]> {
  try {
    return await checkCluster(address, properties, program)
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems.map(({ message }) => wrong(message, 'Correct the config of the client.'))
    }
    if (!(error instanceof Error)) throw error
    return [wrong(`the cluster did not answer a question: ${error.message}`, 'Look into the log of the node.')]
  }
}
