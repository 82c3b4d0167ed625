/** The configuration `gregor start` runs with: the file, or what `npm start` means, and over it the overrides. */
import { resolve } from 'node:path'
import { BrokerConfig, ConfigError, parseProperties, propertiesText } from '@gregor/config'
import { DiskError } from '@gregor/platform'
import type { Program } from './program.ts'

/**
 * Where a node without a file of its own shows its health and metrics: the port that exporters of Kafka's metrics are
 * usually found on. Where it is taken, the node goes on without.
 */
const withoutFile: ReadonlyMap<string, string> = new Map([['gregor.monitoring.address', '127.0.0.1:9404']])

/** @throws ConfigError where a value is not allowed, or the file cannot be read. */
export function loadStartConfig(
  { file, overrides }: { readonly file: string | undefined; readonly overrides: ReadonlyMap<string, string> },
  { environment: { disk }, workingDirectory, variable }: Pick<Program, 'environment' | 'workingDirectory' | 'variable'>,
): BrokerConfig {
  const read = (path: string): string => propertiesText(disk.readFile(resolve(workingDirectory, path)))
  return BrokerConfig.load({
    properties: file === undefined ? withoutFile : fileProperties(file, read),
    overrides,
    references: {
      environment: variable,
      file(path) {
        try {
          return read(path)
        } catch (error) {
          if (error instanceof DiskError) return undefined
          throw error
        }
      },
    },
  })
}

function fileProperties(file: string, read: (path: string) => string): ReadonlyMap<string, string> {
  try {
    return parseProperties(read(file))
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    const reason = error.code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${error.code})`
    throw new ConfigError([{ message: `${file}: ${reason}; give the path of a server.properties` }])
  }
}
