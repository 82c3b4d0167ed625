/**
 * AlterConfigs (key 33): replaces all configs of a resource. Deprecated for IncrementalAlterConfigs (KIP-339), and the
 * only one some clients have.
 */
import { ByteReader, ByteWriter } from '@gregor/base'
import { AlterConfigs, decodeResponse, encodeRequest } from '@gregor/protocol'
import { alterConfigs as alter, refusedAlterations } from '../server/config-alterations.ts'
import { defineHandler } from '../server/handler.ts'

export const alterConfigs = defineHandler(AlterConfigs, {
  async handle(request, context, services) {
    const { validateOnly, resources } = request
    const { apiKey, apiVersion, principal, clientAddress } = context
    const responses = await alter(
      { resources, validateOnly, replacesAll: true },
      { context, services },
      async (passed) => {
        const writer = new ByteWriter()
        encodeRequest(AlterConfigs, apiVersion, { validateOnly, resources: passed }, writer)
        const body = await services.forwarder.forward({
          apiKey,
          apiVersion,
          body: writer.toBuffer(),
          principal,
          clientAddress,
        })
        return decodeResponse(AlterConfigs, apiVersion, new ByteReader(body)).responses
      },
    )
    return { responses }
  },
  refuse: ({ resources }, error) => ({ responses: refusedAlterations(resources, error) }),
})
