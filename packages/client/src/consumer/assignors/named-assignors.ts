/** The assignors that `partition.assignment.strategy` may name, and the Java client’s names for them. */
import type { AssignorFactory } from './assignor.ts'
import { rangeAssignor } from './range-assignor.ts'
import { roundRobinAssignor } from './round-robin-assignor.ts'
import { CooperativeStickyAssignor, StickyAssignor } from './sticky-assignor.ts'

export type AssignorName = 'range' | 'roundrobin' | 'sticky' | 'cooperative-sticky'

const factories: Readonly<Record<AssignorName, AssignorFactory>> = {
  range: rangeAssignor,
  roundrobin: roundRobinAssignor,
  sticky: () => new StickyAssignor(),
  'cooperative-sticky': () => new CooperativeStickyAssignor(),
}

const javaNames: Readonly<Record<string, AssignorName>> = {
  'org.apache.kafka.clients.consumer.RangeAssignor': 'range',
  'org.apache.kafka.clients.consumer.RoundRobinAssignor': 'roundrobin',
  'org.apache.kafka.clients.consumer.StickyAssignor': 'sticky',
  'org.apache.kafka.clients.consumer.CooperativeStickyAssignor': 'cooperative-sticky',
}

export const assignorNames: readonly AssignorName[] = ['range', 'roundrobin', 'sticky', 'cooperative-sticky']

/** Of a name of ours or a class name of the Java client; `undefined` where there is none. */
export function assignorFactory(name: string): AssignorFactory | undefined {
  const ours = assignorNames.find((one) => one === name) ?? javaNames[name]
  return ours === undefined ? undefined : factories[ours]
}
