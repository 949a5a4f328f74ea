import type { Prompt } from '../prompt.ts'
import { fanOut } from './fan-out.ts'
import { resolveConflicts } from './resolve-conflicts.ts'
import { reviewFinished } from './review-finished.ts'

export const allPrompts: readonly Prompt[] = [resolveConflicts, fanOut, reviewFinished]
