/** Configs of a client as the tools take them: a file, single ones on the command line, and options that stand for one. */
import { isAbsolute, join } from 'node:path'
import { parseProperties, propertiesText } from '@gregor/config'
import { DiskError } from '@gregor/platform'
import type { Program } from '../program.ts'
import { ToolExit } from './tool-exit.ts'

/** `key=value`, or `key` for one that is empty. Of several with one key the last wins. */
export function parseKeyValues(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((each) => {
      const at = each.indexOf('=')
      return at === -1 ? [each, ''] : [each.slice(0, at), each.slice(at + 1)]
    }),
  )
}

/** Nothing where no file is given. @throws ToolExit with a line that says what is wrong with it. */
export function propertiesOf(path: string | undefined, program: Program): ReadonlyMap<string, string> {
  return path === undefined ? new Map() : parseProperties(propertiesText(fileContent(path, program)))
}

/** @param path - relative ones begin at the working directory. @throws ToolExit */
export function fileContent(path: string, { environment, workingDirectory }: Program): Buffer {
  try {
    return environment.disk.readFile(isAbsolute(path) ? path : join(workingDirectory, path))
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    throw new ToolExit(error.code === 'ENOENT' ? `${path}: there is no such file` : `${path}: ${error.message}`)
  }
}

/**
 * `host:port`, with commas between. @throws ToolExit with the tool’s help, in Apache Kafka’s words.
 */
export function checkBootstrapServer(text: string | undefined): void {
  if (text === undefined || text.trim() === '') {
    throw new ToolExit('Error while validating the bootstrap address\n', { withHelp: true })
  }
  // A trailing comma counts for nothing.
  const addresses = text.replace(/,+$/, '').split(',')
  if (addresses.every((address) => /:\d+$/.test(address))) return
  throw new ToolExit('Please provide valid host:port like host1:9091,host2:9092\n', { withHelp: true })
}
