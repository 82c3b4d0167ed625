/**
 * What a topic may be called. Names that differ only in `.` and `_` are not allowed beside each other: metrics write
 * both as `_`.
 */

const nameLengthMax = 249

/** Why a name is not allowed, in the words of Kafka’s tools; `undefined`: it is. */
export function topicNameProblem(name: string): string | undefined {
  const reason = reasonAgainst(name)
  return reason === undefined ? undefined : `Topic name is invalid: ${reason}`
}

function reasonAgainst(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > nameLengthMax)
    return `the length of '${name}' is longer than the max allowed length ${nameLengthMax}`
  if (/^[a-zA-Z0-9._-]+$/.test(name)) return undefined
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/** Equal for names that collide. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}

/** Whether a name could collide with another one at all. */
export function mayCollide(name: string): boolean {
  return name.includes('.') || name.includes('_')
}
