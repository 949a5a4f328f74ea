import { readFile, stat } from 'node:fs/promises'
import type { z } from 'zod'
import { AppError } from '../../core/failure.ts'
import { unusable } from '../../lib/files/private-folder.ts'

/** Claude Code keeps a history of prompts in one of these files. */
const mostBytes = 32 * 1024 ** 2

/**
 * A JSON file of the user's Claude Code; null where there is none.
 * @throws AppError('home-unusable') for one that cannot be read or has not the form.
 */
export async function readOwnJson<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  let text: string
  try {
    const { size } = await stat(path)
    if (size > mostBytes) throw invalid(path, 'has more than 32 MiB')
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof AppError) throw error
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw unusable(path, error)
  }
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (cause) {
    throw invalid(path, 'is not valid JSON', cause)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalid(path, `is not as Claude Code writes it: ${issue?.path.join('.') || 'all of it'}`, parsed.error)
}

const invalid = (path: string, what: string, cause?: unknown): AppError =>
  new AppError('home-unusable', `${path} ${what}`, {
    hint: 'Correct it, or take what needs it ("plugins", "mcp-servers") out of the setting asAtHome',
    cause,
  })
