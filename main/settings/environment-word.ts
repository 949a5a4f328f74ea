import { z } from 'zod'
import { type EnvironmentWord, environmentWords } from '../core/environment/environment.ts'

/** A word, or the absolute path of a folder with a flake, as files have it. */
export const environmentWordSchema: z.ZodType<EnvironmentWord, unknown> = z.union(
  [
    z.enum(environmentWords),
    z.custom<`/${string}`>((value) => typeof value === 'string' && value.startsWith('/') && !value.includes('\0')),
  ],
  { error: 'write "auto", "flake", "devcontainer", "tools", "plain" or the absolute path of a folder' },
)
