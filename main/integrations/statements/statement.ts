import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { PathList } from '../../core/bounded-list.ts'
import { cut } from '../../core/cut.ts'
import { environmentWord } from '../../core/environment/environment.ts'
import type { CheckReport } from '../../core/merge/check-report.ts'
import { mergePolicyWord } from '../../core/merge/merge-policy.ts'
import { plainModel } from '../../core/merge/trailers.ts'
import { egressWord } from '../../core/network/egress.ts'
import type { NetworkEvent } from '../../core/network/gateway.ts'
import type { Task } from '../../core/task/task.ts'
import type { RegisteredRepository } from '../../tasks/contract.ts'
import type { ToldCommands } from '../../tasks/run/ask-worker.ts'

const digest = z.object({ gitCommit: z.string().regex(/^[0-9a-f]{40,64}$/) })

/** In characters; a policy has no bound. */
const commandLimit = 2_000

/** Its command and its image are in no statement of an earlier version. */
const check = z.looseObject({
  exitCode: z.int().nullable(),
  command: z.string().max(10_000).optional(),
  guestImage: z.string().max(100).nullish(),
})

/** What is read back: the parts that are checked and shown. Another tool may add others. */
export const statementSchema = z.looseObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z
    .array(z.looseObject({ name: z.string().max(500), digest }))
    .min(1)
    .max(1),
  predicateType: z.literal('https://slsa.dev/provenance/v1'),
  predicate: z.looseObject({
    buildDefinition: z.looseObject({
      buildType: z.literal('urn:microvm-orchestrator:task:1'),
      externalParameters: z.looseObject({
        task: z.string().max(20),
        textSha256: z.string().max(64),
        repository: z.string().max(500),
      }),
      internalParameters: z.looseObject({
        environment: z.string().max(4_000),
        guestImage: z.string().max(100).nullish(),
        merge: z.unknown(),
        egress: z.unknown(),
      }),
      resolvedDependencies: z.array(z.looseObject({ uri: z.string().max(500), digest })).max(1),
    }),
    runDetails: z.looseObject({
      builder: z.looseObject({ id: z.string().max(500) }),
      metadata: z.looseObject({
        invocationId: z.string().max(20),
        startedOn: z.string().max(40),
        finishedOn: z.string().max(40),
      }),
      unusualFiles: z
        .looseObject({ files: z.array(z.string().max(20_000)).max(1_000), more: z.int().nonnegative() })
        .optional(),
      landingCheck: check.optional(),
      saidInTheAgentsMachine: z
        .looseObject({
          check: check.optional(),
          commands: z
            .array(z.looseObject({ command: z.string().max(2_000), exitStatus: z.int().nullable() }))
            .max(1_000)
            .optional(),
          earlierCommands: z.int().nonnegative().optional(),
        })
        .optional(),
    }),
  }),
})

export type Statement = z.infer<typeof statementSchema>

export interface StatementFacts {
  readonly task: Task
  /** As it was registered when the statement was made; null when it is not registered any more. */
  readonly repository: RegisteredRepository | null
  /** What the gateway wrote down; null where no gateway stood before the guest. */
  readonly network: readonly NetworkEvent[] | null
  /** What the agent's program reported to have run; null where that cannot be read. */
  readonly told: ToldCommands | null
  /** Added files unlike those that were there; null where nobody could look. */
  readonly unusual: PathList | null
  readonly version: string
}

/**
 * What this host says of the commits that a task brought onto a branch, in the form of in-toto (https://github.com/in-toto/attestation) and SLSA
 * (https://slsa.dev/spec/v1.0/provenance). Null for a task that brought none. What only the agent said is marked as its word. Pure.
 */
export function statementOf({ task, repository, network, told, unusual, version }: StatementFacts): Statement | null {
  const { merge } = task
  if (merge?.kind !== 'merged') return null
  const model = plainModel(task.agent?.model)
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: `refs/heads/${merge.branch}`, digest: { gitCommit: merge.to } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:microvm-orchestrator:task:1',
        externalParameters: {
          task: task.id,
          textSha256: createHash('sha256').update(task.description).digest('hex'),
          messages: task.messages.length,
          repository: task.repo,
          ...(model !== undefined && { model }),
        },
        internalParameters: {
          environment: environmentWord(task.environment ?? { kind: 'flake' }),
          guestImage: task.guestImage ?? null,
          merge: mergePolicyWord(task.mergePolicy ?? { kind: 'auto' }),
          mergeNow: repository && mergePolicyWord(repository.mergePolicy ?? { kind: 'auto' }),
          egress: repository?.egress ? egressWord(repository.egress) : 'default',
          ...(task.place && { place: task.place.name }),
        },
        resolvedDependencies: [{ uri: `git+branch:${merge.branch}`, digest: { gitCommit: merge.from } }],
      },
      runDetails: {
        builder: { id: 'urn:microvm-orchestrator', version: { 'microvm-orchestrator': version } },
        metadata: {
          invocationId: task.id,
          startedOn: task.createdAt,
          finishedOn: task.finishedAt ?? task.createdAt,
        },
        merged: { method: merge.method, commits: merge.commits, ...(merge.kept && { keptBack: merge.kept }) },
        accepted: task.accepted !== null,
        ...(unusual && { unusualFiles: { files: [...unusual.files], more: unusual.more ?? 0 } }),
        // In a machine with no agent, on the very files that came onto the branch.
        ...(merge.check && {
          landingCheck: {
            ...{ command: cut(merge.check.command, commandLimit), exitCode: merge.check.exitCode },
            guestImage: merge.check.image ?? null,
          },
        }),
        // Root was the agent's there, so it may say what it likes.
        saidInTheAgentsMachine: {
          ...(task.result?.check && { check: checkThere(task, task.result.check) }),
          ...(told && { commands: told.commands.map((one) => ({ ...one })), earlierCommands: told.earlier }),
        },
        network: network && networkSums(network),
      },
    },
  }
}

const checkThere = ({ mergePolicy }: Task, { exitCode }: CheckReport) => ({
  ...(mergePolicy?.kind === 'check' && { command: cut(mergePolicy.command, commandLimit) }),
  exitCode,
})

/** How many connections ended how, and to which hosts they went: the first hundred, each once. */
function networkSums(events: readonly NetworkEvent[]): object {
  const counts: Record<string, number> = {}
  const hosts = new Set<string>()
  for (const event of events) {
    counts[event.verdict] = (counts[event.verdict] ?? 0) + 1
    if (event.verdict === 'reached' || event.verdict === 'secret') hosts.add(event.host)
  }
  return { counts, reached: [...hosts].sort().slice(0, 100) }
}
