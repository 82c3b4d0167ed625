/** franz-go. */

import { clientSuite } from '../../clients/client-suite.ts'
import { goClient } from '../../clients/programs.ts'

export const suite = clientSuite({
  name: 'franz-go',
  budgetSeconds: 120,
  program: () => goClient('franz-go'),
  hashesLikeJava: true,
})
