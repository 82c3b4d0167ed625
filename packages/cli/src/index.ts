/** The gregor command and Kafka’s tools. This file is the package’s public interface. */
export type { Command } from './command.ts'
export { commands } from './commands/index.ts'
export { commandHelp } from './help.ts'
export { tools, type ToolEntry } from './tools/index.ts'
export type { Tool } from './tools/tool.ts'
