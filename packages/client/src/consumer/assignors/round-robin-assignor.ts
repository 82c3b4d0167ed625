/**
 * `roundrobin`: all partitions in order, dealt out to the members in order; a member that does not want a topic is
 * passed over. Level where all want the same; where not, it can be as uneven as Java’s.
 */
import type { TopicPartition } from '../partition-set.ts'
import type { Assignor } from './assignor.ts'
import { assignments, compareMembers, compareText, membersInJavaOrder, topicTable } from './group-topics.ts'

export function roundRobinAssignor(): Assignor {
  return {
    name: 'roundrobin',
    supportsCooperative: false,
    assign(topics, members) {
      const table = topicTable(topics, members)
      const order = membersInJavaOrder(members).toSorted(compareMembers)
      const hands = order.map(({ memberId, topics: wanted }) => ({
        memberId,
        wanted: new Set(wanted),
        partitions: [] as TopicPartition[],
      }))
      let turn = 0
      for (const topic of [...table.keys()].toSorted(compareText)) {
        for (const partition of table.get(topic) ?? []) {
          // Ends: somebody wants the topic, or it would not be in the table.
          while (hands[turn]?.wanted.has(topic) === false) turn = (turn + 1) % hands.length
          hands[turn]?.partitions.push(partition)
          turn = (turn + 1) % hands.length
        }
      }
      return assignments(new Map(hands.map(({ memberId, partitions }) => [memberId, partitions])))
    },
  }
}
