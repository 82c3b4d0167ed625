/** IncrementalAlterConfigs (key 44): sets, deletes, appends to and subtracts from single configs (KIP-339, KIP-412). */
import { ByteWriter } from '@gregor/base'
import { encodeRequest, IncrementalAlterConfigs } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { alterConfigs, refusedAlterations } from '../server/config-alterations.ts'
import { controllerAnswer, defineForwarded, defineHandler } from '../server/handler.ts'

export const incrementalAlterConfigs = defineHandler(IncrementalAlterConfigs, {
  isForwarded: true,
  async handle(request, context, services) {
    const { validateOnly, resources } = request
    const responses = await alterConfigs(
      { resources, validateOnly, replacesAll: false },
      { context, services },
      async (passed) => {
        const writer = new ByteWriter()
        encodeRequest(IncrementalAlterConfigs, context.apiVersion, { validateOnly, resources: passed }, writer)
        const answer = await services.forwarder.forward(context, writer.toBuffer())
        if (typeof answer === 'string') return refusedAlterations(passed, answer)
        return controllerAnswer(IncrementalAlterConfigs, answer, context).responses
      },
    )
    return { responses }
  },
  refuse,
})

/** On the controllers’ listener: what only a broker knows of itself is not looked at. */
export const incrementalAlterConfigsOnController = defineForwarded(IncrementalAlterConfigs, { refuse })

function refuse(
  { resources }: RequestOf<typeof IncrementalAlterConfigs>,
  error: ProtocolError,
): ResponseInput<typeof IncrementalAlterConfigs> {
  return { responses: refusedAlterations(resources, error) }
}
