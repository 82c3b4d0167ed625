/** Apache's own producer, consumer and administrator for Java, 4.3.1. */

import { clientSuite } from '../../clients/client-suite.ts'
import { javaClient } from '../../clients/programs.ts'
import { javaWalkthroughs } from '../../clients/walkthrough-cases.ts'

export const suite = clientSuite({
  name: 'java-clients',
  budgetSeconds: 180,
  program: javaClient,
  hashesLikeJava: true,
  walkthroughs: javaWalkthroughs,
})
