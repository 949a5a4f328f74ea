import { z } from 'zod'
import {
  type ClusterKind,
  deviceResourcePattern,
  imagePattern,
  jobOptions,
  keyPlaces,
  kubeContextPattern,
  kubeNamePattern,
  placeNamePattern,
  placePathPattern,
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

const sshPlace = { kind: z.literal('ssh'), ...any, ...host }

const cluster = <Kind extends ClusterKind, Option extends string>(
  kind: Kind,
  patterns: Readonly<Record<Option, RegExp>>,
) => ({
  ...{ kind: z.literal(kind), ...any },
  login: z.object(host).nullable(),
  job: jobSchema(patterns),
})

function jobSchema<Option extends string>(patterns: Readonly<Record<Option, RegExp>>) {
  const words = Object.entries<RegExp>(patterns).map(([option, pattern]) => [option, wordOf(pattern)])
  return z.object(Object.fromEntries(words) as Record<Option, ReturnType<typeof wordOf>>)
}

const kubernetesPlace = {
  ...{ kind: z.literal('kubernetes'), ...any },
  context: z.string().regex(kubeContextPattern),
  namespace: z.string().regex(kubeNamePattern),
  image: z.string().regex(imagePattern),
  devices: z.array(z.string().regex(deviceResourcePattern)).max(20),
  store: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('host-path'), path }),
    z.object({ kind: z.literal('claim'), claim: z.string().regex(kubeNamePattern) }),
  ]),
}

const wordOf = (pattern: RegExp) => z.string().regex(pattern).exactOptional()

/** A place with what is added to it. */
export const placeWith = <Shape extends z.ZodRawShape>(added: Shape) =>
  z.discriminatedUnion('kind', [
    z.object({ ...sshPlace, ...added }),
    z.object({ ...cluster('slurm', jobOptions.slurm), ...added }),
    z.object({ ...cluster('htcondor', jobOptions.htcondor), ...added }),
    z.object({ ...kubernetesPlace, ...added }),
  ])

/** A place as the home keeps it. */
export const placeSchema = placeWith({})

/** `local` and names of places, each once, best first. */
export const placeOrderSchema = z
  .array(z.string().regex(placeNamePattern, { error: 'must be local or the name of a place' }))
  .min(1)
  .max(20)
  .refine((order) => new Set(order).size === order.length, { error: 'must name each place once' })
