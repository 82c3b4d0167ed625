/** DescribeQuorum (key 55): voters, observers and lag of the metadata log (KIP-836), as its leader knows them. */
import { DescribeQuorum } from '@gregor/protocol'
import { refusedQuorumDescription } from '../metadata/describe-quorum.ts'
import { defineForwarded } from '../server/handler.ts'

export const describeQuorum = defineForwarded(DescribeQuorum, {
  refuse: (_request, error) => refusedQuorumDescription(error),
})
