import { z } from 'zod'
import { AppError } from '../core/failure.ts'
import { type Hook, hookKinds, hookNamePattern, hookUrlProblem } from '../core/hook.ts'
import { PrivateList } from '../lib/files/private-list.ts'

const urlSchema = z.string().max(2_000)
const targetSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('webhook'),
    url: urlSchema,
    secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/),
  }),
  z.object({ kind: z.literal('slack'), url: urlSchema }),
  z.object({
    kind: z.literal('ntfy'),
    url: urlSchema,
    token: z
      .string()
      .regex(/^[\x21-\x7e]{1,500}$/)
      .nullable(),
  }),
  z.object({ kind: z.literal('command'), command: z.string().min(1).max(4_000) }),
])
const mostHooks = 50

const kept = new PrivateList<Hook>({
  name: 'hooks.json',
  what: 'the hooks',
  entry: z.object({
    name: z.string().regex(hookNamePattern),
    on: z.array(z.enum(hookKinds)).min(1),
    repositories: z.array(z.string()).nullable(),
    added: z.iso.datetime(),
    target: targetSchema.refine(
      (target) => target.kind === 'command' || hookUrlProblem(target.kind, target.url) === null,
    ),
  }),
  hint: 'Move it away and add the hooks again',
})

/** In the order in which they were added. @throws AppError('token-unsafe' | 'home-unusable') */
export const listHooks = (home: string): Promise<readonly Hook[]> => kept.read(home)

/** @throws AppError('argument-invalid' | 'token-unsafe' | 'home-unusable') */
export async function findHook(home: string, name: string): Promise<Hook> {
  const hook = (await listHooks(home)).find((each) => each.name === name)
  if (hook) return hook
  throw unknown(name)
}

/** Keeps a hook, in place of one that has its name. @throws AppError('argument-invalid' | 'token-unsafe' | 'home-unusable') */
export async function addHook(home: string, hook: Hook): Promise<void> {
  await kept.change(home, (hooks) => {
    const others = hooks.filter(({ name }) => name !== hook.name)
    if (others.length >= mostHooks) throw new AppError('argument-invalid', `There are ${mostHooks} hooks already`)
    return [...others, hook]
  })
}

/** @throws AppError('argument-invalid') when there is none of this name. */
export async function removeHook(home: string, name: string): Promise<void> {
  await kept.change(home, (hooks) => {
    const others = hooks.filter((each) => each.name !== name)
    if (others.length === hooks.length) throw unknown(name)
    return others
  })
}

const unknown = (name: string): AppError =>
  new AppError('argument-invalid', `There is no hook '${name.slice(0, 40)}'`, {
    hint: 'microvm-orchestrator hooks list shows all',
  })
