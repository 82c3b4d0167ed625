/** `gregor log verify`: reads segments again and names file, position and offset of what is damaged. Changes nothing. */
import { resolve } from 'node:path'
import { DiskError } from '@gregor/platform'
import { partitionDirectoriesIn, verifyLogs, type LogDamage } from '@gregor/storage'
import { defineCommand, text } from '../command.ts'

export const logVerify = defineCommand({
  name: 'log verify',
  summary: 'Check every batch in the logs of a directory against its checksum, without changing anything.',
  arguments: {
    directory: text({ summary: 'One of log.dirs, or the directory of one partition.' }),
  },
  options: {},
  examples: ['log verify data', 'log verify data/orders-0'],
  async run({ directory }, { out, environment, workingDirectory }) {
    const { disk } = environment
    try {
      const partitions = partitionDirectoriesIn(disk, resolve(workingDirectory, directory))
      if (partitions.length === 0) {
        out.error(`gregor log verify: ${directory} holds no partitions`)
        return 1
      }
      const { damages, partitionCount, segmentCount, batchCount, byteCount } = await verifyLogs(disk, partitions)
      for (const damage of damages) out.line(damageLine(damage))
      const checked = `${count(partitionCount, 'partition')}, ${count(segmentCount, 'segment')}, ${count(batchCount, 'batch', 'batches')}, ${count(byteCount, 'byte')}`
      out.line(damages.length === 0 ? `${checked}: no damage` : `${checked}: ${count(damages.length, 'damaged place')}`)
      return damages.length === 0 ? 0 : 1
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      out.error(`gregor log verify: ${error.message}`)
      return 1
    }
  },
})

const meanings: Readonly<Record<LogDamage['problem'], string>> = {
  truncated: 'a batch that ends too early',
  badMagic: 'no batch',
  badSize: 'a batch of an impossible size',
  badCrc: 'a batch whose checksum does not fit',
  badOffset: 'a batch whose offsets do not follow',
}

function damageLine({ file, position, end, offset, problem, isAtEnd }: LogDamage): string {
  const what = `${file}: position ${position} to ${end}, from offset ${offset}: ${meanings[problem]}`
  return isAtEnd ? `${what}, at the end: written at this moment, or cut off at the next start` : what
}

function count(value: number, one: string, many = `${one}s`): string {
  return `${value} ${value === 1 ? one : many}`
}
