/** The words for operations on the command line: `Read`, `DescribeConfigs`. */
import type { AclOperation } from '@gregor/client'
import { operationCodes } from '@gregor/security'

const words = Object.keys(operationCodes) as readonly (keyof typeof operationCodes)[]
const byName = new Map(words.map((word) => [nameOf(word).toUpperCase(), word]))

export const operationNames: readonly string[] = words.map(nameOf)

/** Whatever the case. A word that is none is UNKNOWN. */
export function operationNamed(name: string): AclOperation {
  return byName.get(name.toUpperCase()) ?? (name.toUpperCase() === 'ANY' ? 'ANY' : 'UNKNOWN')
}

function nameOf(word: string): string {
  return word.toLowerCase().replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
}
