import { open } from 'node:fs/promises'
import { z } from 'zod'
import type { NetworkEvent } from '../../core/network/gateway.ts'
import { parseJsonLines } from '../../lib/files/json-lines.ts'

const bytes = z.int().nonnegative()
/** A gateway writes visible ASCII alone. Of a line with more in it, which may come from a place, the rest is shown as that writes it: what was tried is not hidden. */
const word = z.string().transform((text) => text.replaceAll(/[^!-~]/g, '?').slice(0, 300))
const where = { at: word, host: word, port: z.int() }
const reason = z.enum([
  ...(['not-listed', 'address-refused', 'tls-name', 'path-refused', 'malformed'] as const),
  ...([
    'server-tools',
    'api-past-gateway',
    'secret-past-route',
    'secret-unknown',
    'method-refused',
    'token-host-refused',
  ] as const),
  ...(['name-unknown', 'unreachable'] as const),
])
const eventSchema = z.union([
  z.object({ ...where, verdict: z.literal('reached') }),
  z.object({ ...where, verdict: z.enum(['ended', 'api']), up: bytes, down: bytes }),
  z.object({
    ...{ ...where, verdict: z.literal('secret'), secret: word, method: word },
    ...{ status: z.int().nullable(), up: bytes, down: bytes },
  }),
  z.object({ ...where, verdict: z.enum(['refused', 'failed']), reason }),
  z.object({
    at: word,
    verdict: z.literal('full'),
    of: z.enum(['reached', 'ended', 'api', 'secret', 'refused', 'failed']),
  }),
])

/**
 * What the gateway of a task's machine wrote down, as far as its first so many bytes; null where there is no such file. Lines of a later
 * version are left out.
 */
export async function readNetworkLog(path: string, limitBytes: number): Promise<readonly NetworkEvent[] | null> {
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(limitBytes), 0, limitBytes, 0)
    return parseJsonLines(buffer.subarray(0, bytesRead)).values.flatMap((value) => {
      const event = eventSchema.safeParse(value)
      return event.success ? [event.data] : []
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
