/** Runs one of Kafka’s tools by the name of its script or, as kafka-run-class.sh does, by that of its Java class. */
import type { Program } from '../program.ts'
import { tools, type ToolEntry } from './index.ts'

const usageOfRunClass = 'USAGE: kafka-run-class.sh [-daemon] [-name servicename] [-loggc] classname [opts]'

/** @param words - the tool’s name (with or without `.sh`), then what was typed behind it. Resolves to the exit code. */
export async function runTool(words: readonly string[], program: Program): Promise<number> {
  const [name = '', ...given] = words
  if (name === 'kafka-run-class') return runClass(given, program)
  const entry = tools.find((tool) => tool.name === name.replace(/\.sh$/, ''))
  if (entry !== undefined) return runEntry(entry, given, program)
  program.out.error(`${name} is none of the tools: ${tools.map((tool) => tool.name).join(', ')}`)
  return 1
}

async function runClass(words: readonly string[], program: Program): Promise<number> {
  const given = [...words]
  // They are about the JVM.
  while (given[0] === '-loggc' || given[0] === '-daemon' || given[0] === '-name')
    given.splice(0, given[0] === '-name' ? 2 : 1)
  const [className, ...rest] = given
  if (className === undefined) {
    program.out.line(usageOfRunClass)
    return 1
  }
  const entry = tools.find(({ classNames }) => classNames.includes(className))
  if (entry !== undefined) return runEntry(entry, rest, program)
  program.out.error(`Error: Could not find or load main class ${className}`)
  program.out.error(`There is no Java here; kafka-run-class.sh knows the classes of Kafka’s tools: ${knownClasses()}`)
  return 1
}

async function runEntry(entry: ToolEntry, words: readonly string[], program: Program): Promise<number> {
  const tool = await entry.load()
  return tool.run(words, program)
}

function knownClasses(): string {
  return tools.flatMap(({ classNames }) => classNames.slice(0, 1)).join(', ')
}
