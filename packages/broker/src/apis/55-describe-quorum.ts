/** DescribeQuorum (key 55): voters, observers and lag of the metadata log (KIP-836), as its leader knows them. */
import { DescribeQuorum, errorCode, errorMessage } from '@gregor/protocol'
import { defineForwarded } from '../server/handler.ts'

export const describeQuorum = defineForwarded(DescribeQuorum, {
  refuse: (_request, error) => ({
    errorCode: errorCode(error),
    errorMessage: errorMessage(error),
    topics: [],
    nodes: [],
  }),
})
