/** kafkajs, which reads in groups only. */

import { clientSuite } from '../../clients/client-suite.ts'
import { nodeProgram } from '../../clients/programs.ts'
import { kafkajsWalkthroughs } from '../../clients/walkthrough-cases.ts'

export const suite = clientSuite({
  name: 'kafkajs',
  budgetSeconds: 180,
  program: () => nodeProgram('kafkajs.mjs'),
  lacks: ['consumeWithoutGroup', 'everyOffset', 'nullHeader'],
  hashesLikeJava: true,
  walkthroughs: kafkajsWalkthroughs,
})
