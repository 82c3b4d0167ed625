/** IncrementalAlterConfigs (key 44): sets, deletes, appends to and subtracts from single configs (KIP-339, KIP-412). */
import { ByteReader, ByteWriter } from '@gregor/base'
import { decodeResponse, encodeRequest, IncrementalAlterConfigs } from '@gregor/protocol'
import { alterConfigs, refusedAlterations } from '../server/config-alterations.ts'
import { defineHandler } from '../server/handler.ts'

export const incrementalAlterConfigs = defineHandler(IncrementalAlterConfigs, {
  async handle(request, context, services) {
    const { validateOnly, resources } = request
    const { apiKey, apiVersion, principal, clientAddress } = context
    const responses = await alterConfigs(
      { resources, validateOnly, replacesAll: false },
      { context, services },
      async (passed) => {
        const writer = new ByteWriter()
        encodeRequest(IncrementalAlterConfigs, apiVersion, { validateOnly, resources: passed }, writer)
        const body = await services.forwarder.forward({
          apiKey,
          apiVersion,
          body: writer.toBuffer(),
          principal,
          clientAddress,
        })
        return decodeResponse(IncrementalAlterConfigs, apiVersion, new ByteReader(body)).responses
      },
    )
    return { responses }
  },
  refuse: ({ resources }, error) => ({ responses: refusedAlterations(resources, error) }),
})
