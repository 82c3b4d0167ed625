/** The assignors there are, by the names that members and configs use. */
import type { Assignor } from './assignor.ts'
import { assignRanges } from './range.ts'
import { assignUniformly } from './uniform.ts'

const assignors: Readonly<Record<string, Assignor | undefined>> = { uniform: assignUniformly, range: assignRanges }

/** Kafka takes its own assignors by the names of their classes, too. */
const classNames: Readonly<Record<string, string | undefined>> = {
  'org.apache.kafka.coordinator.group.assignor.UniformAssignor': 'uniform',
  'org.apache.kafka.coordinator.group.assignor.RangeAssignor': 'range',
}

export function assignorNamed(name: string): Assignor | undefined {
  return assignors[name]
}

/** Of those configured the ones that can be had, in their order: other classes of the JVM do not run here. */
export function assignorNames(configured: readonly string[]): readonly string[] {
  const known = configured.map((name) => classNames[name] ?? name).filter((name) => assignors[name] !== undefined)
  return known.length > 0 ? known : Object.keys(assignors)
}
