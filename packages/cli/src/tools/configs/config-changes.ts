/** What `--alter` of kafka-configs is to change. */
import type { Program } from '../../program.ts'
import { propertiesOf } from '../client-properties.ts'
import type { ConfigsGiven } from '../kafka-configs.ts'
import { ToolExit } from '../tool-exit.ts'

export interface ConfigChanges {
  readonly added: ReadonlyMap<string, string>
  readonly deleted: readonly string[]
}

/** A comma or an equals sign in brackets parts nothing. */
const outsideOfBrackets = String.raw`(?=[^\]]*(?:\[|$))`
const betweenPairs = new RegExp(`,${outsideOfBrackets}`)
const betweenKeyAndValue = new RegExp(String.raw`\s*=\s*${outsideOfBrackets}`)

/** @throws ToolExit */
export function configChanges(given: ConfigsGiven, program: Program): ConfigChanges {
  const added = new Map([
    ...propertiesOf(given.value('add-config-file'), program),
    ...pairsFrom(given.value('add-config')),
  ])
  for (const key of added.keys()) {
    if (!/^[$a-zA-Z0-9._-]*$/.test(key)) throw new ToolExit(`Invalid character found for config key: ${key}`)
  }
  return { added, deleted: given.values('delete-config').map((key) => key.trim()) }
}

function pairsFrom(text: string | undefined): readonly (readonly [string, string])[] {
  if (text === undefined) return []
  return withoutEmptyEnd(text.split(betweenPairs)).map((pair) => {
    const [key, value, more] = pair.split(betweenKeyAndValue)
    if (key === undefined || value === undefined || more !== undefined) {
      throw new ToolExit(
        'requirement failed: Invalid entity config: all configs to be added must be in the format "key=val" or  "key=[val1,val2]" to group values which contain commas.',
      )
    }
    return [key.trim(), value.replaceAll(/\[?\]?/g, '').trim()]
  })
}

/** As Java’s split leaves them out. */
function withoutEmptyEnd(parts: readonly string[]): readonly string[] {
  const last = parts.findLastIndex((part) => part !== '')
  return parts.slice(0, Math.max(1, last + 1))
}
