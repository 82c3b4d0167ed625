/**
 * Who sent a request that a broker forwards to the controller in an Envelope (KIP-590), behind an int16 version.
 */

import { boolean, string } from '../schema/field.ts'
import { defineMessage } from '../schema/schema.ts'

export const DefaultPrincipalData = defineMessage({
  name: 'DefaultPrincipalData',
  versions: '0',
  flexible: '0+',
  fields: {
    type: string(),
    name: string(),
    /** By a delegation token. */
    tokenAuthenticated: boolean(),
  },
})
