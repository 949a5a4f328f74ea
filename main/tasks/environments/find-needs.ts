import { z } from 'zod'
import type { Found } from '../../core/environment/found.ts'
import { AppError } from '../../core/failure.ts'
import { gitText } from '../../git/process/git.ts'
import { runJob } from '../../worker/run-job.ts'
import { WorkerDied } from '../../worker/worker-died.ts'

const foundSchema: z.ZodType<Found, unknown> = z.object({
  tools: z.array(
    z.object({
      label: z.string(),
      version: z.string(),
      packages: z.array(z.string()),
      from: z.array(z.object({ path: z.string(), wants: z.string().nullable() })),
    }),
  ),
  packages: z.array(z.object({ name: z.string(), from: z.string() })),
  doubts: z.array(z.string()),
  devcontainer: z.object({ path: z.string(), problems: z.array(z.string()) }).nullable(),
})

/** The last commit of each repository that was looked at. */
const known = new Map<string, { readonly commit: string; readonly found: Found }>()

/** What the commit that is checked out asks for. Its files are a stranger's, so a worker process reads them. @throws AppError('environment-invalid') when that dies of it. */
export async function findNeeds(repoPath: string, signal?: AbortSignal): Promise<Found> {
  const commit = await gitText(['rev-parse', '--verify', 'HEAD^{commit}'], { cwd: repoPath, trust: 'user' }, signal)
  const before = known.get(repoPath)
  if (before?.commit === commit) return before.found
  const found = await runJob('find-needs', { repoPath, commit }, { answer: foundSchema }, signal).catch(
    (cause: unknown) => {
      if (!(cause instanceof WorkerDied)) throw cause
      throw new AppError(
        'environment-invalid',
        `What ${repoPath} needs could not be read from its files: the process that reads them ended`,
        {
          hint: `Try again, or say what its tasks work in: microvm-orchestrator allow ${repoPath} --environment plain`,
          cause,
        },
      )
    },
  )
  known.set(repoPath, { commit, found })
  return found
}
