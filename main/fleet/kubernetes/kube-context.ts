import { z } from 'zod'
import { AppError } from '../../core/failure.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'
import { parsedJson } from '../../lib/parsed-json.ts'
import { run } from '../../lib/processes/spawn.ts'
import { kubectlEnvironment } from './kubectl.ts'

const configSchema = z.object({
  'current-context': z.string(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ namespace: z.string().nullish() }) })),
})

/**
 * A context of the user's kubeconfig with its namespace; the current one where none is named. A place keeps both: who changes to another context later, leaves tasks
 * where they are. @throws AppError('host-incomplete' | 'argument-invalid')
 */
export async function kubeContext(
  wanted: string | undefined,
): Promise<{ readonly context: string; readonly namespace: string }> {
  const words = ['config', 'view', '--output=json']
  const { ok, stdout, stderr, problem } = await run('kubectl', words, { env: kubectlEnvironment(), timeoutMs: 30_000 })
  if (!ok)
    throw new AppError(
      'host-incomplete',
      `kubectl does not say which clusters there are: ${singleLineText(stderr || (problem ?? '')).slice(0, 300)}`,
      { hint: 'Install kubectl 1.31 or later, and give it a kubeconfig' },
    )
  const parsed = configSchema.safeParse(parsedJson(stdout))
  const { contexts = [], 'current-context': current = '' } = parsed.data ?? {}
  const name = wanted ?? current
  const found = contexts.find((each) => each.name === name)
  if (!found)
    throw new AppError(
      'argument-invalid',
      name === '' ? 'kubectl has no current context' : `kubectl has no context '${singleLineText(name).slice(0, 80)}'`,
      {
        hint: 'kubectl config get-contexts shows all; name one with --context',
      },
    )
  return { context: name, namespace: found.context.namespace ?? 'default' }
}
