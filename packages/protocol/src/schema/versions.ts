/**
 * Version ranges as schemas write them: '3-12', '9+', '4', 'none'. Both ends belong to the range.
 */

export type Versions = `${number}-${number}` | `${number}+` | `${number}` | 'none'

export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** Versions are 16-bit on the wire: the end of an open range. */
const LAST_VERSION = 0x7fff

const NO_VERSION: VersionRange = { min: 0, max: -1 }

export function parseVersions(text: Versions): VersionRange {
  if (text === 'none') return NO_VERSION
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  if (match === null) throw new RangeError(`not a version range: ${text}`)
  const min = Number(match[1])
  if (match[2] !== undefined) return { min, max: LAST_VERSION }
  return { min, max: match[3] === undefined ? min : Number(match[3]) }
}

export function hasVersion(range: VersionRange, version: number): boolean {
  return version >= range.min && version <= range.max
}
