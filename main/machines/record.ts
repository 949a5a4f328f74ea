import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const recordSchema = z.object({ consolePath: z.string(), owner: z.string().optional() })

/** What a later process must know of a machine beyond its handle; lies where only the orchestrator writes. */
export type MachineRecord = z.infer<typeof recordSchema>

export const recordPath = (runDirectory: string): string => join(runDirectory, 'machine.json')

/** @throws when there is none or it is damaged. */
export async function readRecord(runDirectory: string): Promise<MachineRecord> {
  return recordSchema.parse(JSON.parse(await readFile(recordPath(runDirectory), 'utf8')))
}
