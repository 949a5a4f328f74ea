import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import type { Log } from '../../lib/log.ts'
import { parsedJson } from '../../lib/parsed-json.ts'
import type { DeliveryRecord } from './delivery-record.ts'

const seq = z.int().positive()
const fileSchema = z.record(
  z.string(),
  z.object({
    added: z.iso.datetime(),
    cursor: z.int().nonnegative(),
    open: z.array(
      z.object({ seq, tries: z.int().nonnegative(), next: z.iso.datetime(), reason: z.string().nullable() }),
    ),
    lost: z.array(z.object({ seq, at: z.iso.datetime(), reason: z.string() })),
    gone: z.string().nullable(),
  }),
)

/** The records of all hooks, by their names. */
export type DeliveryRecords = Readonly<Record<string, DeliveryRecord>>

const deliveriesPath = (home: string): string => join(home, 'hook-deliveries.json')

/** Undefined where the file is damaged. */
export async function readDeliveries(home: string): Promise<DeliveryRecords | undefined> {
  try {
    return fileSchema.safeParse(parsedJson(await readFile(deliveriesPath(home), 'utf8'))).data
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/** A damaged file is moved aside, and every hook begins anew with what happened since it was added: it may be told something twice. */
export async function takeUpDeliveries(home: string, log: Log): Promise<DeliveryRecords> {
  const records = await readDeliveries(home)
  if (records) return records
  const path = deliveriesPath(home)
  await rename(path, `${path}.damaged`)
  log.error('the record of the hooks is damaged; it was moved aside', { from: path, to: `${path}.damaged` })
  return {}
}

export const writeDeliveries = (home: string, records: DeliveryRecords): Promise<void> =>
  writeJsonAtomically(deliveriesPath(home), records)
