/** `gregor log verify`: reads segments again and names file, position and offset of what is damaged. Changes nothing. */
import { resolve } from 'node:path'
import { DiskError } from '@gregor/platform'
import { verifyDirectory, type DirectoryProblem, type VerifiedDirectory } from '@gregor/storage'
import { defineCommand, text } from '../command.ts'

export const logVerify = defineCommand({
  name: 'log verify',
  summary: 'Check the logs of a directory, each batch by its checksum, without changing anything.',
  arguments: {
    directory: text({ summary: 'One of log.dirs, or the directory of one partition.' }),
  },
  options: {},
  examples: ['log verify data', 'log verify data/orders-0'],
  async run({ directory }, { out, environment, workingDirectory }) {
    try {
      const counts = { damage: 0, tail: 0, derived: 0 }
      const verification = verifyDirectory(environment.disk, resolve(workingDirectory, directory))
      let next = await verification.next()
      for (; next.done !== true; next = await verification.next()) {
        counts[next.value.kind]++
        out.line(problemLine(next.value))
      }
      if (next.value.partitionCount === 0) {
        out.error(`gregor log verify: ${directory} holds no partitions`)
        return 1
      }
      out.line(`${checked(next.value)}: ${found(counts)}`)
      return counts.damage + counts.tail === 0 ? 0 : 1
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      out.error(`gregor log verify: ${error.message}`)
      return 1
    }
  },
})

const consequences: Readonly<Record<DirectoryProblem['kind'], string>> = {
  damage: '',
  tail: ' (at the end: it is being written, or is cut off at the next start)',
  derived: ' (rebuilt at the next start, or done without)',
}

function problemLine({ kind, file, position, end, offset, problem }: DirectoryProblem): string {
  const place = position === undefined ? '' : `: position ${position} to ${end}, from offset ${offset}`
  return `${file}${place}: ${problem}${consequences[kind]}`
}

function checked({ partitionCount, segmentCount, batchCount, byteCount }: VerifiedDirectory): string {
  return [
    count(partitionCount, 'partition'),
    count(segmentCount, 'segment'),
    count(batchCount, 'batch', 'batches'),
    count(byteCount, 'byte'),
  ].join(', ')
}

function found(counts: Readonly<Record<DirectoryProblem['kind'], number>>): string {
  const damaged = counts.damage + counts.tail
  const derived = counts.derived === 0 ? [] : [`${count(counts.derived, 'file')} that can be rebuilt`]
  return [damaged === 0 ? 'no damage' : count(damaged, 'damaged place'), ...derived].join(', ')
}

function count(value: number, one: string, many = `${one}s`): string {
  return `${value} ${value === 1 ? one : many}`
}
