/** sarama. */

import { clientSuite } from '../../clients/client-suite.ts'
import { goClient } from '../../clients/programs.ts'
import { saramaWalkthroughs } from '../../clients/walkthrough-cases.ts'
export const suite = clientSuite({
  name: 'sarama',
  budgetSeconds: 120,
  program: () => goClient('sarama'),
  hashesLikeJava: false,
  walkthroughs: saramaWalkthroughs,
})
