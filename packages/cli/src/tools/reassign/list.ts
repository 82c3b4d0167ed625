/** `kafka-reassign-partitions --list`. */
import type { OngoingReassignment } from '@gregor/client'
import { comparePartitions, partitionText } from './reassignment-json.ts'

export function listText(reassignments: readonly OngoingReassignment[]): string {
  if (reassignments.length === 0) return 'No partition reassignments found.'
  const lines = reassignments.toSorted(comparePartitions).map((one) => {
    const adding = one.addingReplicas.length === 0 ? '' : ` adding: ${one.addingReplicas.join(',')}.`
    const removing = one.removingReplicas.length === 0 ? '' : ` removing: ${one.removingReplicas.join(',')}.`
    return `${partitionText(one)}: replicas: ${one.replicas.join(',')}.${adding}${removing}`
  })
  return ['Current partition reassignments:', ...lines].join('\n')
}
