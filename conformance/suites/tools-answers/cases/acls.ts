/** kafka-acls, where there is an authorizer. */

import { linesOf, type ToolScript } from '../tool-line.ts'

const acls = linesOf('kafka-acls')
const unordered = { isUnordered: true }
/** Java prints a stack on standard output. */
const withoutStack = { without: /^\tat |^(?:java|joptsimple|org)\.|^Caused by: |^\t\.\.\. / }

export const securedScripts: readonly ToolScript[] = [
  {
    name: 'kafka-acls adds, lists and removes, where there is an authorizer',
    lines: [
      acls('--add --allow-principal User:ann --operation Read --operation describeconfigs --topic a-SIDE', unordered),
      acls('--add --allow-principal User:ann --operation Read --topic a-SIDE'),
      acls('--add --deny-principal User:bob --deny-host 10.0.0.1 --topic a-SIDE --resource-pattern-type prefixed'),
      acls('--add --allow-principal User:ann --producer --topic p-SIDE --transactional-id t-SIDE', unordered),
      acls('--add --allow-principal User:ann --consumer --topic p-SIDE --group g-SIDE', unordered),
      acls('--list --topic a-SIDE', { ...unordered, expected: /operation=DESCRIBE_CONFIGS/ }),
      acls('--list --topic a-SIDE --resource-pattern-type match', { ...unordered, expected: /patternType=PREFIXED/ }),
      acls('--list --topic a-SIDE --principal User:ann --principal User:bob', unordered),
      acls('--list --group g-SIDE --topic none-SIDE'),
      acls('--remove --allow-principal User:ann --operation Read --topic a-SIDE --force'),
      acls('--list --topic a-SIDE', { expected: /operation=DESCRIBE_CONFIGS/ }),
      acls('--remove --topic a-SIDE --resource-pattern-type match --force'),
      acls('--list --topic a-SIDE --resource-pattern-type any'),
      acls('--list --transactional-id t-SIDE', unordered),
    ],
  },
  {
    name: 'kafka-acls says what it cannot do, where there is an authorizer',
    lines: [
      acls('--add --allow-principal ann --topic a-SIDE', withoutStack),
      acls('--add --allow-principal User:ann --topic a-SIDE --resource-pattern-type match'),
      acls('--list --topic a-SIDE --resource-pattern-type odd', withoutStack),
      acls('--add --allow-principal User:ann'),
      acls('--add --producer --allow-principal User:ann'),
      acls('--add --consumer --allow-principal User:ann --topic a-SIDE'),
      acls('--add --allow-principal User:ann --idempotent --topic a-SIDE'),
      acls('--remove --topic a-SIDE --principal User:ann'),
      acls('--list --allow-principal User:ann'),
      acls('--producer --operation Read --add --topic a-SIDE'),
    ],
  },
]
