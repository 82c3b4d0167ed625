/** @platformatic/kafka. */

import { clientSuite } from '../../clients/client-suite.ts'
import { nodeProgram } from '../../clients/programs.ts'

export const suite = clientSuite({
  name: 'platformatic',
  budgetSeconds: 120,
  program: () => nodeProgram('platformatic.mjs'),
  lacks: ['repeatedHeader', 'everyOffset', 'consumeCommitted', 'transfer', 'fence'],
  hashesLikeJava: true,
})
