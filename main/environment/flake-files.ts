import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../core/failure.ts'

/** What a guest is given of a folder with a flake. */
const most = { files: 64, bytes: 1024 ** 2, depth: 4 } as const

/** By their paths below the folder. */
export type FlakeFiles = ReadonlyMap<string, string>

/**
 * The text files of a folder that holds a flake, for a guest: it gets copies of these and nothing else. Links, hidden files and what a
 * build left (`result`) stay out.
 * @throws AppError('environment-invalid') when there is no flake.nix, or when it is too much.
 */
export async function readFlakeFiles(folder: string): Promise<FlakeFiles> {
  const files = new Map<string, string>()
  let bytes = 0
  const read = async (below: string, depth: number): Promise<void> => {
    for (const name of (await readdir(join(folder, below))).sort()) {
      if (name.startsWith('.') || leftOut.test(name)) continue
      const path = below === '' ? name : `${below}/${name}`
      const look = await lstat(join(folder, path))
      if (look.isDirectory() && depth < most.depth) await read(path, depth + 1)
      if (!look.isFile()) continue
      bytes += look.size
      if (files.size >= most.files || bytes > most.bytes) throw tooMuch(folder)
      const text = await readFile(join(folder, path), 'utf8')
      if (text.includes('\0'))
        throw invalid(
          `${join(folder, path)} is no text`,
          'Name a folder that holds the flake and the files of Nix that it reads',
        )
      files.set(path, text)
    }
  }
  try {
    await read('', 0)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT')
      throw invalid(
        `${folder} is not there`,
        'Name another environment: microvm-orchestrator allow PATH --environment auto',
        cause,
      )
    throw invalid(`${folder} cannot be read: ${code}`, 'Make it readable for you', cause)
  }
  if (files.has('flake.nix')) return files
  throw invalid(
    `There is no flake.nix in ${folder}`,
    'It must be a file of its own, not a link, with a devShells.default',
  )
}

const leftOut = /^(made\.json(\.lock)?|flake\.nix\.before|result(-.*)?|node_modules)$/

const tooMuch = (folder: string): AppError =>
  invalid(
    `${folder} holds more than ${most.files} files or 1 MiB`,
    'Name a folder that holds the flake and the files of Nix that it reads',
  )

const invalid = (message: string, hint: string, cause?: unknown): AppError =>
  new AppError('environment-invalid', message, { hint, ...(cause !== undefined && { cause }) })
