import { z } from 'zod'
import {
  keyPlaces,
  placeNamePattern,
  placePathPattern,
  type SlurmOption,
  slurmOptions,
  slurmWordPattern,
  sshHostPattern,
} from '../core/task/task-place.ts'

export const sshOptionPattern = /^[A-Za-z][A-Za-z0-9]*=[^\n\0]{1,400}$/

const host = {
  host: z.string().regex(sshHostPattern),
  options: z.array(z.string().regex(sshOptionPattern)).max(50),
}
const path = z.string().regex(placePathPattern)
const any = {
  ...{ name: z.string().regex(placeNamePattern), command: z.tuple([path], path) },
  key: z.enum(keyPlaces).exactOptional(),
}
const word = z.string().regex(slurmWordPattern).exactOptional()

const sshPlace = { kind: z.literal('ssh'), ...any, ...host }
const slurmPlace = {
  kind: z.literal('slurm'),
  ...any,
  login: z.object(host).nullable(),
  job: z.object(Object.fromEntries(slurmOptions.map((option) => [option, word])) as Record<SlurmOption, typeof word>),
}

/** A place as the home keeps it. */
export const placeSchema = z.discriminatedUnion('kind', [z.object(sshPlace), z.object(slurmPlace)])

/** A place with what is added to it. */
export const placeWith = <Shape extends z.ZodRawShape>(added: Shape) =>
  z.discriminatedUnion('kind', [z.object({ ...sshPlace, ...added }), z.object({ ...slurmPlace, ...added })])

/** `local` and names of places, each once, best first. */
export const placeOrderSchema = z
  .array(z.string().regex(placeNamePattern, { error: 'must be local or the name of a place' }))
  .min(1)
  .max(20)
  .refine((order) => new Set(order).size === order.length, { error: 'must name each place once' })
