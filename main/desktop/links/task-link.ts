import { z } from 'zod'
import { parseTaskId, type TaskId } from '../../core/task/task.ts'

/** What links to the app begin with: `microvm-orchestrator://task/ID`. */
export const linkScheme = 'microvm-orchestrator'

const idOf = /^microvm-orchestrator:\/\/task\/([0-9a-f]{8})$/

/** Anybody can write a link: one that is not exactly the address of a task is none. */
const linkSchema = z
  .string()
  .max(60)
  .regex(idOf)
  .transform((link) => parseTaskId(idOf.exec(link)?.[1] ?? ''))

/** The task that a link leads to; undefined for everything else. Pure. */
export const taskOfLink = (link: unknown): TaskId | undefined => linkSchema.safeParse(link).data

/** What the app was started with that looks like a link, whether it leads anywhere or not. Pure. */
export const linksIn = (args: readonly string[]): readonly string[] =>
  args.filter((arg) => arg.toLowerCase().startsWith(`${linkScheme}:`))
