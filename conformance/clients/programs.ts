/** How each client's program is brought here and started. */

import { join } from 'node:path'

import { goProgram, npmFolder, pythonWith } from '../harness/installers.ts'
import { javaProgram } from '../harness/java-program.ts'
import { run } from '../harness/process.ts'
import { Unavailable } from '../harness/suite.ts'
import type { Program } from './driver.ts'

const here = import.meta.dirname

export async function pythonProgram(requirements: string, program: string): Promise<Program> {
  const python = await pythonWith(join(here, 'python', requirements))
  return { command: python, given: ['-u', join(here, 'python', program)] }
}

/** kafka-python 2.0.2 carries a copy of six that Python 3.12 cannot import. */
export async function requirePythonBefore312(): Promise<void> {
  const { stdout } = await run('python3', ['-c', 'import sys; print(sys.version_info < (3, 12))'])
  if (stdout.trim() !== 'True') throw new Unavailable('kafka-python 2.0.2 needs Python 3.11 or older')
}

export async function nodeProgram(program: string): Promise<Program> {
  const folder = await npmFolder(join(here, 'node'), ['serve.mjs', 'kafkajs.mjs', 'platformatic.mjs'])
  return { command: process.execPath, given: [join(folder, program)] }
}

export async function goClient(name: 'franz-go' | 'sarama'): Promise<Program> {
  const sources = [
    'go.mod',
    'go.sum',
    'main.go',
    'franz.go',
    'franz_admin.go',
    'franz_load.go',
    'franz_transactions.go',
    'franz_transactions_load.go',
    'sarama.go',
    'sarama_admin.go',
    'sarama_transactions.go',
  ]
  return { command: await goProgram(join(here, 'go'), sources), given: [name] }
}

export async function javaClient(): Promise<Program> {
  return {
    command: 'java',
    given: await javaProgram([join(here, 'java', 'TransactionsLoad.java'), join(here, 'java', 'ClientDriver.java')]),
  }
}
