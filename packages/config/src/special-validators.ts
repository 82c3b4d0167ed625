/** What a config must satisfy that is more than a range or a choice. */
import type { ConfigValue, Validator } from './definition.ts'

export const gzipLevel: Validator = {
  kind: 'custom',
  allowed: '[1,...,9] or -1',
  problem: (value) =>
    typeof value === 'number' && ((value >= 1 && value <= 9) || value === -1)
      ? undefined
      : 'Value must be between 1 and 9 or equal to -1',
}

export const throttledReplicas: Validator = {
  kind: 'custom',
  allowed: '[partitionId]:[brokerId],[partitionId]:[brokerId],...',
  problem: (value) => {
    const replicas = elements(value).map((element) => element.trim())
    if (replicas.join('') === '*' || replicas.every((replica) => /^([0-9]+:[0-9]+)?$/.test(replica))) return undefined
    return "must be '*' for all replicas, or a list of [partitionId]:[brokerId]"
  },
}

/** Where a share group starts: an ISO 8601 duration of days to seconds, not negative, behind `by_duration:` (KIP-932). */
export const offsetReset: Validator = {
  kind: 'custom',
  allowed: '[latest, earliest, by_duration:PnDTnHnMn.nS]',
  problem: (value) =>
    /^(latest|earliest)$/.test(String(value)) || isDuration(/^by_duration:(.*)$/.exec(String(value))?.[1] ?? '')
      ? undefined
      : "must be 'earliest', 'latest' or 'by_duration:' and a duration such as PT1H or P7DT0.5S",
}

function isDuration(text: string): boolean {
  return /^\+?P(?!$)([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]{0,9})?S)?)?$/i.test(text)
}

function elements(value: ConfigValue): readonly string[] {
  return typeof value === 'object' ? value : []
}
