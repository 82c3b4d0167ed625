/** Which clients are put through the cases, and how each one's member is brought here and started. */

import { join } from 'node:path'

import type { Program } from '../../clients/driver.ts'
import { goProgram, npmFolder, pythonWith } from '../../harness/installers.ts'
import { javaProgram } from '../../harness/java-program.ts'
import type { GroupProtocol } from './member.ts'

export interface MemberClient {
  readonly name: string
  readonly protocols: readonly GroupProtocol[]
  readonly program: () => Promise<Program>
}

const members = join(import.meta.dirname, 'members')
const clients = join(import.meta.dirname, '..', '..', 'clients')
const goSources = ['go.mod', 'go.sum', 'main.go', 'franz.go', 'sarama.go']

export const memberClients: readonly MemberClient[] = [
  {
    name: 'Java',
    protocols: ['classic', 'consumer'],
    program: async () => ({ command: 'java', given: await javaProgram([join(members, 'Member.java')]) }),
  },
  {
    name: 'confluent-kafka',
    protocols: ['classic', 'consumer'],
    program: () => python('requirements-confluent-kafka.txt', 'confluent_member.py'),
  },
  {
    name: 'confluent-kafka-go',
    protocols: ['classic', 'consumer'],
    async program() {
      const sources = ['go.mod', 'go.sum', 'main.go']
      return { command: await goProgram(join(members, 'confluent-go'), sources, { usesC: true }), given: [] }
    },
  },
  {
    name: 'kafka-python',
    protocols: ['classic'],
    program: () => python('requirements-kafka-python.txt', 'kafka_python_member.py'),
  },
  { name: 'franz-go', protocols: ['classic'], program: () => go('franz-go') },
  { name: 'sarama', protocols: ['classic'], program: () => go('sarama') },
  { name: 'kafkajs', protocols: ['classic'], program: () => node('kafkajs') },
  { name: '@platformatic/kafka', protocols: ['classic'], program: () => node('platformatic') },
]

async function python(requirements: string, program: string): Promise<Program> {
  const command = await pythonWith(join(clients, 'python', requirements))
  return { command, given: ['-u', join(members, program)] }
}

async function go(client: string): Promise<Program> {
  return { command: await goProgram(join(members, 'go'), goSources), given: [client] }
}

async function node(client: string): Promise<Program> {
  const folder = await npmFolder(join(clients, 'node'), ['member.mjs'])
  return { command: process.execPath, given: [join(folder, 'member.mjs'), client] }
}
